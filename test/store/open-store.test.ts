import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import { createSchema, describeWithPostgres, dropSchema, urlOfSchema } from '../postgres.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'open-store-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

it('without DATABASE_URL the store is a file in DATA_DIR', async () => {
  const { store, server } = await openStore({ dataDir, databaseUrl: null })
  expect(server).toBeNull()
  await store.close()
  expect(await readdir(dataDir)).toContain('store.sqlite')
})

/** A port at which nobody listens any more. */
async function deafPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

it('a server that does not answer is told in one line without its password, and the directory is free again', async () => {
  const databaseUrl = `postgres://me:hunter2@127.0.0.1:${await deafPort()}/wm`
  const opening = openStore({ dataDir, databaseUrl })
  await expect(opening).rejects.toMatchObject({
    code: 'STORE_FAILED',
    retryable: true,
    says: 'server_away',
    message: expect.stringMatching(
      /^PostgreSQL cannot be used at the moment \(ECONNREFUSED\): [^\n]+DATABASE_URL$/,
    ),
  })
  const error = await opening.catch((error: Error) => error)
  expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('hunter2')
  await (await openStore({ dataDir, databaseUrl: null })).store.close()
})

await describeWithPostgres('with DATABASE_URL', () => {
  let schema: string
  beforeEach(async () => {
    schema = await createSchema()
  })
  afterEach(() => dropSchema(schema))
  const open = (dir = dataDir) => openStore({ dataDir: dir, databaseUrl: urlOfSchema(schema) })

  it('the store is in PostgreSQL, and all nodes sign links of media alike', async () => {
    const other = join(dataDir, 'other')
    const nodes = await Promise.all([open(), open(other)])
    const [one, two] = nodes.map(({ server }) => Buffer.from(server!.linkKey).toString('hex'))
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(two).toBe(one)
    for (const { store } of nodes) await store.close()
    const { store, server } = await open()
    expect(Buffer.from(server!.linkKey).toString('hex')).toBe(one)
    await store.close()
    expect(await readdir(dataDir)).not.toContain('store.sqlite')
  })

  it('the directory is still one process’s, as its media are', async () => {
    const { store } = await open()
    await expect(open()).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
    await store.close()
    await (await open()).store.close()
  })

  it('a wrong password or database stops the start with what has to be changed', async () => {
    const url = new URL(urlOfSchema(schema))
    url.pathname = '/no_such_database'
    await expect(openStore({ dataDir, databaseUrl: url.href })).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringMatching(
        /^DATABASE_URL cannot be used: database "no_such_database" does not exist$/,
      ),
    })
  })
})
