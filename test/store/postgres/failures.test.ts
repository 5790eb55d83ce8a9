import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres, onPostgres } from '../../postgres.ts'
import { given, messageFact } from '../facts.ts'
import { type Cut, CuttingProxy } from './cutting-proxy.ts'
import { TestSchema } from './test-schema.ts'

/** The server sees a cut at once, the store asks it again within a second: all of it is real time. */
const SLOW = { timeout: 60_000 }

await describeWithPostgres('PostgreSQL that fails', () => {
  const schema = new TestSchema()
  let proxy: CuttingProxy
  let store: Store
  beforeEach(async () => {
    proxy = new CuttingProxy(DATABASE_URL)
    const options = { url: await proxy.listen(), schema: await schema.name(), connections: 4 }
    store = await openPostgresStore({ ...options, patienceMs: 4_000 })
  })
  afterEach(async () => {
    await store.close()
    await proxy.close()
    await schema.empty()
  })
  afterAll(() => schema.drop())

  const say = (streamId: string, seq: number) =>
    store.commit({ streamId, epoch: 1, events: [messageFact(seq)] })
  const seqsOf = async (streamId: string) => {
    const rows = await schema.query<{ seq: string }>(
      'SELECT seq FROM events WHERE stream_id = $1 ORDER BY seq',
      [streamId],
    )
    return rows.map(({ seq }) => Number(seq))
  }
  const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)

  test.each<Cut>(['before', 'after'])(
    'a connection that is lost %s COMMIT arrives costs nobody anything',
    SLOW,
    async cut => {
      const streams = await Promise.all(['a', 'b', 'c'].map(id => given(store, id)))
      const told: number[] = []
      store.committed.follow(({ position }) => told.push(position))
      for (let seq = 2; seq < 12; seq++) {
        proxy.cuts = [cut]
        await Promise.all(streams.map(streamId => say(streamId, seq)))
      }
      expect(proxy.cut).toBe(10)
      for (const streamId of streams) expect(await seqsOf(streamId)).toEqual(upTo(11))
      expect(told).toEqual(upTo(33).slice(3))
    },
  )

  test(
    'a commit that happened and one that is refused are told apart although the answer is lost',
    SLOW,
    async () => {
      const [one, two] = await Promise.all(['a', 'b'].map(id => given(store, id)))
      proxy.cuts = ['after']
      const results = await Promise.allSettled([say(one!, 2), say(two!, 9), say(two!, 2)])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
      expect(results[1]).toMatchObject({ reason: { code: 'SEQ_CONFLICT' } })
      expect([await seqsOf(one!), await seqsOf(two!)]).toEqual([upTo(2), [1]])
      await say(two!, 2)
    },
  )

  test('connections that the server ends at random cost nothing, reads included', SLOW, async () => {
    const streams = await Promise.all(['a', 'b', 'c', 'd'].map(id => given(store, id)))
    let goesOn = true
    let ended = 0
    const killing = onPostgres(async client => {
      while (goesOn) {
        const { rowCount } = await client.query(
          `SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a, pg_sleep(0.1)
           WHERE a.application_name = 'whatsapp-manager' AND random() < 0.3
             AND EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
               WHERE l.pid = a.pid AND c.relnamespace = $1::regnamespace)`,
          [await schema.name()],
        )
        ended += rowCount ?? 0
      }
    })
    let last = 1
    try {
      while (ended < 5)
        await Promise.all(
          streams.map(async streamId => {
            const seq = last + 1
            await say(streamId, seq)
            expect((await store.log.after(streamId, seq - 1, 9)).map(event => event.seq)).toEqual([seq])
          }),
        ).then(() => last++)
    } finally {
      goesOn = false
      await killing
    }
    for (const streamId of streams) expect(await seqsOf(streamId)).toEqual(upTo(last))
  })

  test(
    'a server that is away fails what waits too long, acknowledges none of it, and is used again',
    SLOW,
    async () => {
      const streamId = await given(store, 'a')
      proxy.isDown = true
      proxy.cutAll()
      const failed = await Promise.allSettled([say(streamId, 2), say(streamId, 3)])
      for (const one of failed)
        expect(one).toMatchObject({ reason: { code: 'STORE_FAILED', retryable: true, says: 'server_away' } })
      const read = async () => store.log.after(streamId, 0, 9)
      await expect(read()).rejects.toMatchObject({ code: 'STORE_FAILED' })
      proxy.isDown = false
      await say(streamId, 2)
      expect(await seqsOf(streamId)).toEqual([1, 2])
    },
  )

  test('of two that wait for each other one is undone, and tried again', SLOW, async () => {
    const [one, two] = await Promise.all(['a', 'b'].map(id => given(store, id)))
    await onPostgres(async other => {
      await other.query(`SET search_path = ${await schema.name()}; SET deadlock_timeout = '10s'; BEGIN`)
      const lock = (streamId: string) =>
        other.query('SELECT 1 FROM sessions WHERE stream_id = $1 FOR UPDATE', [streamId])
      await lock(two!)
      const both = Promise.all([say(one!, 2), say(two!, 2)])
      // Its commit has the lock of the first by now, or will wait for it: either way both end.
      await lock(one!)
      await other.query('COMMIT')
      await both
    })
    expect([await seqsOf(one!), await seqsOf(two!)]).toEqual([upTo(2), upTo(2)])
  })
})
