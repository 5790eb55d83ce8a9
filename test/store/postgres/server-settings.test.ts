import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { createPool, poolConfig } from '../../../src/store/postgres/connection.ts'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres, onPostgres } from '../../postgres.ts'
import { given, living, messageFact } from '../facts.ts'
import { CuttingProxy } from './cutting-proxy.ts'
import { TlsFront } from './tls-front.ts'

await describeWithPostgres('PostgreSQL as it is set', () => {
  /** A role, whose settings are nobody else's, and its schema of the same name. */
  let role: string
  let url: string
  const stores: Store[] = []
  beforeEach(async () => {
    role = `test_${randomUUID().replaceAll('-', '')}`
    await onPostgres(client =>
      client.query(
        `CREATE ROLE ${role} LOGIN PASSWORD '${role}'; CREATE SCHEMA ${role} AUTHORIZATION ${role}`,
      ),
    )
    const own = new URL(DATABASE_URL)
    own.username = role
    own.password = role
    url = own.href
  })
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    await onPostgres(client => client.query(`DROP SCHEMA ${role} CASCADE; DROP ROLE ${role}`))
  })
  const set = (setting: string) => onPostgres(client => client.query(`ALTER ROLE ${role} ${setting}`))
  const open = async (lines: string[] = [], through = url) => {
    const store = await openPostgresStore({
      url: through,
      onWarning: line => lines.push(line),
      connections: 3,
      patienceMs: 1_000,
    })
    stores.push(store)
    return store
  }

  test('a commit that is not durable is said in one line at the start', async () => {
    const lines: string[] = []
    await open(lines)
    expect(lines).toEqual([])
    await set('SET synchronous_commit = off')
    await open(lines)
    expect(lines).toEqual([expect.stringMatching(/^PostgreSQL runs with synchronous_commit=off: [^\n]+$/)])
  })

  test('a standby takes no write, and is left as soon as the address leads elsewhere', async () => {
    const proxy = new CuttingProxy(url)
    try {
      const store = await open([], await proxy.listen())
      const streamId = await given(store, 'a')
      const say = () => store.commit({ streamId, epoch: 1, events: [messageFact(2)] })
      await set('SET default_transaction_read_only = on')
      proxy.cutAll()
      await expect(say()).rejects.toMatchObject({
        code: 'STORE_FAILED',
        retryable: true,
        says: 'server_read_only',
      })
      expect((await living(store, 'a')).lastSeq).toBe(1)
      await set('RESET default_transaction_read_only')
      await say()
      expect((await living(store, 'a')).lastSeq).toBe(2)
    } finally {
      await stores.pop()?.close()
      await proxy.close()
    }
  })

  test('where there is nothing that could be used the start says so in one line, without the password', async () => {
    const unknown = new URL(url)
    unknown.pathname = '/no_such_database'
    for (const wrong of [unknown.href, `${url}?options=-csearch_path%3Dno_such_schema`]) {
      const refused = openPostgresStore({ url: wrong })
      await expect(refused).rejects.toMatchObject({ code: 'BAD_CONFIG', retryable: false })
      await expect(refused).rejects.toThrow(/^DATABASE_URL cannot be used: [^\n]+$/)
    }
    unknown.port = '1'
    const away = openPostgresStore({ url: unknown.href })
    await expect(away).rejects.toMatchObject({ code: 'STORE_FAILED', says: 'server_away' })
    await expect(away).rejects.not.toThrow(role)
  })

  test('sslmode=require encrypts and asks for no certificate, as every other client has it, and warns of nothing', async () => {
    const front = new TlsFront(url)
    const own = await front.listen()
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    try {
      own.searchParams.set('sslmode', 'require')
      const store = await open([], own.href)
      expect(await store.sessions.find('nobody')).toBeNull()
      expect(warned).not.toHaveBeenCalled()
      own.searchParams.set('sslmode', 'verify-full')
      const untrusted = openPostgresStore({ url: own.href })
      await expect(untrusted).rejects.toMatchObject({ code: 'BAD_CONFIG' })
      await expect(untrusted).rejects.toThrow(/certificate is not trusted .* sslrootcert=/)
    } finally {
      warned.mockRestore()
      await stores.pop()?.close()
      await front.close()
    }
  })

  test('a server without TLS that is asked for it is said in one line', async () => {
    const own = new URL(url)
    own.searchParams.set('sslmode', 'require')
    const refused = openPostgresStore({ url: own.href })
    await expect(refused).rejects.toMatchObject({ code: 'BAD_CONFIG' })
    await expect(refused).rejects.toThrow(/has no TLS: leave sslmode out/)
  })

  test('tables of another program under our names are left as they are, and the line says what to do', async () => {
    await onPostgres(client =>
      client.query(`CREATE TABLE ${role}.sessions (id text); ALTER TABLE ${role}.sessions OWNER TO ${role}`),
    )
    const refused = openPostgresStore({ url })
    await expect(refused).rejects.toMatchObject({ code: 'BAD_CONFIG' })
    await expect(refused).rejects.toThrow(/another program has tables there .* a database of its own/)
    const tables = await onPostgres(client =>
      client.query('SELECT tablename FROM pg_tables WHERE schemaname = $1', [role]),
    )
    expect(tables.rows).toEqual([{ tablename: 'sessions' }])
  })

  test('a connection that breaks just as it is given back ends nobody', async () => {
    const pool = createPool(poolConfig({ url, schema: null, most: 1 }))
    const client = await pool.connect()
    const broken = new Error('terminating connection due to administrator command')
    client.release(broken)
    expect(() => client.emit('error', broken)).not.toThrow()
    await pool.end()
  })
})
