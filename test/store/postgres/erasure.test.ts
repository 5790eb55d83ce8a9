import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { Store, Write } from '../../../src/ports/store.ts'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres, onPostgres } from '../../postgres.ts'
import { given, imageSource, inbound, messageFact } from '../facts.ts'
import { TestSchema } from './test-schema.ts'

const CANARY = 'canary-that-nobody-may-read'

await describeWithPostgres('What is erased in PostgreSQL', () => {
  const schema = new TestSchema()
  afterEach(() => schema.empty())
  afterAll(() => schema.drop())

  const open = (erasesDone = false) => schema.open({ erasesDone })
  const tables = async () => {
    const rows = await schema.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'stream_id'
       WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
    )
    return rows.map(({ name }) => name)
  }
  /** Rows of a stream by table, without those that have none. */
  const rowsOf = async (streamId: string) => {
    const counts = await Promise.all(
      (await tables()).map(async name => {
        const rows = await schema.query<{ n: string }>(
          `SELECT count(*) AS n FROM ${name} WHERE stream_id = '${streamId}'`,
        )
        return [name, Number(rows[0]!.n)] as const
      }),
    )
    return Object.fromEntries(counts.filter(([, n]) => n > 0))
  }
  /** Tables in a row of which the word stands, bytes included. */
  const leaks = async () => {
    const hex = Buffer.from(CANARY).toString('hex')
    const found = await Promise.all(
      (await tables()).map(async name => {
        const sql = `SELECT 1 FROM ${name} t WHERE t::text LIKE '%${CANARY}%' OR t::text LIKE '%${hex}%' LIMIT 1`
        return (await schema.query(sql)).length > 0 ? [name] : []
      }),
    )
    return found.flat()
  }

  /** A message that arrived, with its inbox row, which is done, its delivery and its file. */
  const arrival = (streamId: string, seq: number): Write => ({
    ...{ streamId, epoch: 1, events: [messageFact(seq)], inbox: [{ done: `h${seq}` }] },
    keys: [{ type: 'session', id: `${seq}`, value: Buffer.from('x') }],
    people: [
      {
        ...{ chatId: `${seq}@lid`, lid: `${seq}@lid`, number: null, username: null },
        ...{ names: [`${seq}@lid`], learntAt: 1 },
      },
    ],
    messages: [
      {
        insert: {
          ...{
            messageId: `M${seq}`,
            chatId: 'chat',
            direction: 'in',
            dedupeKey: `k${seq}`,
            status: 'received',
          },
          ...{ content: inbound(`M${seq}`, CANARY), seq, at: seq },
        },
      },
    ],
    downloads: [{ seq, source: imageSource(`${seq}`), at: 1 }],
    deliveries: [
      {
        ...{ webhookId: `${streamId}.${seq}`, kind: 'messages', lane: `${streamId}|chat`, sessionId: 'a' },
        ...{ seq, at: 1, payload: null },
      },
    ],
  })
  async function receive(store: Store, streamId: string, count: number): Promise<void> {
    const all: Promise<void>[] = []
    for (let seq = 2; seq < count + 2; seq++) {
      const row = { hash: `h${seq}`, plaintext: Buffer.from(CANARY), stanza: `{"n":"${CANARY}"}`, at: 1 }
      all.push(store.commit({ streamId, epoch: 1, inbox: [{ put: row }] }))
      all.push(store.commit(arrival(streamId, seq)))
    }
    await Promise.all(all)
  }

  test('of a stanza that was done is all but its hash, and of an old message its words, in every table', async () => {
    const keeping = await open()
    const streamId = await given(keeping, 'a')
    await receive(keeping, streamId, 5)
    expect((await keeping.keys.inbox(streamId, 'h2'))?.plaintext.length).toBeGreaterThan(5)
    const erasing = await open(true)
    await erasing.commit({
      ...{ streamId, epoch: 1 },
      inbox: [{ put: { hash: 'now', plaintext: Buffer.from(CANARY), stanza: CANARY, at: 1 } }],
    })
    await erasing.commit({ streamId, epoch: 1, inbox: [{ done: 'now' }] })
    const done = { done: true, stanza: '', plaintext: new Uint8Array() }
    expect(await erasing.keys.inbox(streamId, 'now')).toMatchObject(done)
    // What waits for Laravel keeps its words until it is there.
    await erasing.eraseBodies(1e9, 100)
    expect(await leaks()).toEqual(['messages'])
    for (const { id } of (await erasing.deliveries.page({ state: 'waiting', limit: 100 })).rows)
      await erasing.deliveries.settle(id, { done: true })
    while ((await erasing.eraseBodies(1e9, 3)) === 3);
    expect(await leaks()).toEqual([])
    expect(await erasing.keys.inbox(streamId, 'h2')).toMatchObject(done)
    expect(await erasing.messages.hasDedupeKey(streamId, 'k2')).toBe(true)
  })

  test('of a large session goes in slices, also after a restart, and nothing of it is found meanwhile', {
    timeout: 60_000,
  }, async () => {
    const store = await open()
    const streamId = await given(store, 'a')
    const other = await given(store, 'b')
    await store.commit(arrival(other, 2))
    const before = await rowsOf(other)
    await receive(store, streamId, 400)
    await store.commit({ streamId, epoch: 1, keys: [{ type: 'creds', id: '0', value: Buffer.from('c') }] })
    await store.commit({ streamId, epoch: 1, events: [messageFact(402, 'session.deleted')], erase: 'stream' })
    expect(await store.sessions.find('a')).toBeNull()
    expect(await store.deliveries.head(`${streamId}|chat`)).toBeNull()
    expect(await store.downloads.due(streamId, 1e9, 10)).toEqual([])
    const left = await rowsOf(streamId)
    // Nobody may ever log in with what is left.
    expect(await store.keys.get(streamId, 'creds', ['0'])).toEqual({})
    expect(left.messages).toBeGreaterThan(50)
    expect(await store.eraseDeleted(100)).toBe(100)
    await store.close()
    const again = await open()
    let slices = 0
    while ((await again.eraseDeleted(100)) === 100) expect(++slices).toBeLessThan(100)
    expect(await rowsOf(streamId)).toEqual({ sessions: 1, events: 1 })
    expect(await rowsOf(other)).toEqual(before)
    expect(await leaks()).toEqual(['messages'])
    await given(again, 'a').catch(() => {})
    await again.commit({
      ...{ streamId: 'next-life', epoch: 1, create: { sessionId: 'a', userId: 1, at: 1 } },
      events: [{ ...messageFact(1), snapshot: { state: 'open', context: '{}', machineVersion: '1' } }],
    })
    expect((await again.sessions.find('a'))?.streamId).toBe('next-life')
  })

  test('no commit waits for what is forgotten, and closing does', async () => {
    let now = Date.now()
    const options = { url: DATABASE_URL, schema: await schema.name(), connections: 4, now: () => now }
    const store = await openPostgresStore(options)
    const streamId = await given(store, 'a')
    const say = (seq: number) => store.commit({ streamId, epoch: 1, events: [messageFact(seq)] })
    await say(2)
    now += 1_000
    const name = await schema.name()
    let closed: Promise<void> | undefined
    await onPostgres(async client => {
      await client.query(`SET search_path = ${name}; BEGIN; LOCK TABLE account_events`)
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
      await say(3)
      await vi.waitFor(async () => {
        const waits = 'SELECT 1 FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))'
        expect(await schema.query(waits, [rows[0].pid])).toHaveLength(1)
      })
      await say(4)
      closed = store.close()
      expect(await Promise.race([closed, say(5).catch(error => error.code)])).toBe('SHUTTING_DOWN')
      await client.query('COMMIT')
    })
    await closed
  })
})
