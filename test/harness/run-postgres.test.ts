import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openPostgres, type RunPostgres } from '../../harness/postgres/run-postgres.ts'
import { postgresBin } from '../../harness/postgres/server.ts'

/** Servers are made, copied, crash and recover: all of it is real time. */
const SLOW = { timeout: 60_000 }
const isRoot = process.getuid?.() === 0

describe.skipIf(postgresBin() === null)('the PostgreSQL of a run', () => {
  let server: RunPostgres
  const clients: pg.Client[] = []
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end().catch(() => {})
    await server.close()
  })

  /** A connection as a manager has it. */
  async function dial(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: server.url, connectionTimeoutMillis: 2_000 })
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    return client
  }
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => null,
      error => (error as { code?: string }).code,
    )
  const add = async () => (await dial()).query('INSERT INTO t VALUES (1)')
  const count = async () => (await server.query<{ n: number }>('SELECT count(*)::int AS n FROM t'))[0]!.n

  it('is read-only for connections that there are, and takes writes again', SLOW, async () => {
    server = await openPostgres()
    await server.query('CREATE TABLE t (n int)')
    const client = await dial()
    await client.query('INSERT INTO t VALUES (1)')
    await server.setReadOnly(true)
    expect(await codeOf(client.query('INSERT INTO t VALUES (1)'))).toBe('25006')
    expect(await codeOf(add())).toBe('25006')
    expect((await client.query('SELECT * FROM t')).rows).toHaveLength(1)
    await server.setReadOnly(false)
    await client.query('INSERT INTO t VALUES (1)')
    expect(await count()).toBe(2)
  })

  it('has recovered by itself from a backend that was killed', SLOW, async () => {
    server = await openPostgres()
    await server.query('CREATE TABLE t (n int)')
    const client = new pg.Client({ connectionString: server.url, application_name: 'whatsapp-manager' })
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    const ended = new Promise(resolve => client.once('end', resolve))
    await server.killBackend()
    await ended
    // Nobody is thrown out any more.
    await add()
    expect(await count()).toBe(1)
  })

  it('fails over to its standby, twice, and loses nothing that it acknowledged', SLOW, async () => {
    server = await openPostgres({ standby: true })
    await server.query('CREATE TABLE t (n int)')
    for (const failures of [1, 2]) {
      await add()
      const standby = vi.waitFor(
        async () => {
          const client = await dial()
          const { rows } = await client.query('SHOW transaction_read_only')
          await client.end()
          expect(rows).toEqual([{ transaction_read_only: 'on' }])
        },
        { timeout: 20_000 },
      )
      const [refused] = await Promise.all([standby.then(() => codeOf(add())), server.failOver(1_500)])
      expect(refused).toBe('25006')
      expect(await count()).toBe(2 * failures - 1)
      await add()
    }
    expect(await count()).toBe(4)
  })

  it.skipIf(!isRoot)('has a full disk for its tables, and room again', SLOW, async () => {
    server = await openPostgres({ smallDisks: true })
    await server.query('CREATE TABLE t (n int, filler text)')
    const fill = async () =>
      (await dial()).query("INSERT INTO t SELECT 1, repeat('x', 2000) FROM generate_series(1, 100)")
    await fill()
    await server.fillDisk('tables')
    expect(await codeOf(fill())).toBe('53100')
    await server.freeDisk()
    await fill()
    expect(await count()).toBe(200)
  })

  it.skipIf(!isRoot)('dies of a full disk for its log, and is started once it has room', SLOW, async () => {
    server = await openPostgres({ smallDisks: true })
    await server.query('CREATE TABLE t (n int)')
    await add()
    const client = await dial()
    const ended = new Promise(resolve => client.once('end', resolve))
    await server.fillDisk('log')
    await ended
    await server.freeDisk()
    await add()
    expect(await count()).toBe(2)
  })
})
