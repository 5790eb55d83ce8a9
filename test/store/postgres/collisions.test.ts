import type pg from 'pg'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { DATABASE_URL, describeWithPostgres, onPostgres } from '../../postgres.ts'
import { given, messageFact } from '../facts.ts'
import { TestSchema } from './test-schema.ts'

/** The server looks for a deadlock after a second, and counts it a moment later. */
const SLOW = { timeout: 60_000 }
const WAIT = { timeout: 10_000, interval: 20 }
const id = (letter: string) => letter.repeat(64)
/** Files that both nodes use in one commit, each in another order; the gates hold each up between the two. */
const [X, Y, GATE_ONE, GATE_TWO] = [id('a'), id('b'), id('c'), id('d')]

await describeWithPostgres('Commits that collide in PostgreSQL', () => {
  const schema = new TestSchema()
  afterEach(() => schema.empty())
  afterAll(() => schema.drop())

  /** `isolation`: as the database may have been set up by whoever looks after it. */
  const open = async ({ patienceMs = 10_000, isolation = 'read committed' } = {}) => {
    const url = new URL(DATABASE_URL)
    const settings = `-c search_path=${await schema.name()} -c default_transaction_isolation=${isolation.replaceAll(' ', '\\ ')}`
    url.searchParams.set('options', settings)
    return schema.open({ url: url.href.replaceAll('+', '%20'), schema: null, connections: 4, patienceMs })
  }
  const say = (store: Store, streamId: string, seq: number) =>
    store.commit({ streamId, epoch: 1, events: [messageFact(seq)] })
  const seqsOf = async (streamId: string) => {
    const sql = 'SELECT seq::int AS seq FROM events WHERE stream_id = $1 ORDER BY seq'
    return (await schema.query<{ seq: number }>(sql, [streamId])).map(({ seq }) => seq)
  }
  const usedAt = async () => {
    const sql = 'SELECT media_id, used_at::int AS at FROM media WHERE media_id IN ($1, $2) ORDER BY media_id'
    return (await schema.query<{ at: number }>(sql, [X, Y])).map(({ at }) => at)
  }
  const deadlocks = async () => {
    const [row] = await schema.query<{ n: number }>(
      'SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()',
    )
    return row!.n
  }
  const onSchema = <T>(work: (client: pg.Client) => Promise<T>) =>
    onPostgres(async client => {
      await client.query(`SET search_path = ${await schema.name()}`)
      return work(client)
    })
  /** So many of our transactions wait for a lock. */
  const wait = (count: number) =>
    vi.waitFor(async () => {
      const rows = await schema.query(
        `SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_locks mine ON mine.pid = l.pid AND mine.granted
         JOIN pg_class c ON c.oid = mine.relation AND c.relnamespace = current_schema()::regnamespace WHERE NOT l.granted`,
      )
      expect(rows.length).toBeGreaterThanOrEqual(count)
    }, WAIT)

  /** Two nodes commit a fact each, and use the same files in opposite orders: each has one of them when it wants the other. */
  async function deadlocked(options: { patienceMs?: number }) {
    const [one, two] = [await open(options), await open(options)]
    const [a, b] = [await given(one, 'a'), await given(two, 'b')]
    await one.media.changed([X, Y, GATE_ONE, GATE_TWO].map(found => ({ found })))
    const before = await deadlocks()
    const use = (store: Store, files: string[], at: number) =>
      store.media.changed(files.map(used => ({ used, at })))
    const results = await onSchema(async client => {
      await client.query('BEGIN')
      await client.query('SELECT 1 FROM media WHERE media_id IN ($1, $2) FOR UPDATE', [GATE_ONE, GATE_TWO])
      const both = Promise.allSettled([
        Promise.all([say(one, a, 2), use(one, [X, GATE_ONE, Y], 10)]),
        Promise.all([say(two, b, 2), use(two, [Y, GATE_TWO, X], 20)]),
      ])
      await wait(2)
      await client.query('COMMIT')
      return both
    })
    await vi.waitFor(async () => expect(await deadlocks()).toBeGreaterThan(before), WAIT)
    return { one, two, a, b, results }
  }

  test(
    'of two nodes that wait for each other one is undone by the server, and tried again: both are stored',
    SLOW,
    async () => {
      const { a, b, results } = await deadlocked({})
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      expect([await seqsOf(a), await seqsOf(b)]).toEqual([
        [1, 2],
        [1, 2],
      ])
      expect(await usedAt()).toEqual([20, 20])
    },
  )

  test(
    'without the patience to try again the one that was undone hears so, nothing of it is there, and it can go on',
    SLOW,
    async () => {
      const { one, two, a, b, results } = await deadlocked({ patienceMs: 0 })
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const isOne = results[0]!.status === 'rejected'
      const [failed, lost, kept] = isOne ? [results[0], a, b] : [results[1], b, a]
      expect(failed).toMatchObject({ reason: { code: 'STORE_FAILED', says: 'server_slow', retryable: true } })
      expect([await seqsOf(lost), await seqsOf(kept)]).toEqual([[1], [1, 2]])
      expect(await usedAt()).toEqual(isOne ? [20, 20] : [10, 10])
      await say(isOne ? one : two, lost, 2)
      expect(await seqsOf(lost)).toEqual([1, 2])
    },
  )

  /** Somebody changes a session and commits while a commit about it waits for that row. */
  async function overtaken(store: Store, streamId: string): Promise<PromiseSettledResult<void>[]> {
    return onSchema(async client => {
      await client.query('BEGIN')
      await client.query('UPDATE sessions SET since = since + 1 WHERE stream_id = $1', [streamId])
      const both = Promise.allSettled([say(store, streamId, 2), say(store, streamId, 3)])
      await wait(1)
      await client.query('COMMIT')
      return both
    })
  }

  test.each(['repeatable read', 'serializable'])(
    'where the database is set to %s, a commit that cannot be serialized is tried again',
    SLOW,
    async isolation => {
      const store = await open({ isolation })
      const streamId = await given(store, 'a')
      const results = await overtaken(store, streamId)
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      expect(await seqsOf(streamId)).toEqual([1, 2, 3])
    },
  )

  test(
    'one that cannot be serialized, and is not tried again, acknowledges nothing of its group',
    SLOW,
    async () => {
      const store = await open({ isolation: 'repeatable read', patienceMs: 0 })
      const streamId = await given(store, 'a')
      const results = await overtaken(store, streamId)
      for (const one of results)
        expect(one).toMatchObject({ reason: { code: 'STORE_FAILED', says: 'server_slow' } })
      expect(await seqsOf(streamId)).toEqual([1])
      await say(store, streamId, 2)
      expect(await seqsOf(streamId)).toEqual([1, 2])
    },
  )

  test(
    'nodes that are set to serializable write many streams at once, and all of it is there',
    SLOW,
    async () => {
      const nodes = await Promise.all([1, 2, 3].map(() => open({ isolation: 'serializable' })))
      const streams = await Promise.all(nodes.map((node, i) => given(node, `s${i}`)))
      await nodes[0]!.media.changed([X, Y].map(found => ({ found })))
      await Promise.all(
        nodes.map(async (node, i) => {
          for (let seq = 2; seq <= 12; seq++) {
            const files = i % 2 === 0 ? [X, Y] : [Y, X]
            await Promise.all([
              say(node, streams[i]!, seq),
              node.media.changed(files.map(used => ({ used, at: seq }))),
            ])
          }
        }),
      )
      for (const streamId of streams)
        expect(await seqsOf(streamId)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
      expect(await usedAt()).toEqual([12, 12])
    },
  )
})
