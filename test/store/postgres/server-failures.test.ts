import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { openPostgres, type RunPostgres } from '../../../harness/postgres/run-postgres.ts'
import { postgresBin } from '../../../harness/postgres/server.ts'
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres/postgres.ts'
import { given, messageFact } from '../facts.ts'

/** A server takes its time to stop, to recover and to start. */
const SLOW = { timeout: 60_000 }
const STREAMS = ['a', 'b', 'c', 'd']

const NAME = 'A server of PostgreSQL that is mistreated'
if (postgresBin() !== null) describe(NAME, suite)
else if (process.env.REQUIRE_POSTGRES === '1')
  it(NAME, () => {
    throw new Error('REQUIRE_POSTGRES=1, but there is no PostgreSQL to start')
  })
else describe.skip(`${NAME} (skipped: there is none to start)`, suite)

function suite(): void {
  let server: RunPostgres
  let store: PostgresStore
  beforeAll(async () => {
    server = await openPostgres()
  }, 60_000)
  afterAll(() => server.close())
  beforeEach(async () => {
    await server.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  })
  afterEach(() => store.close())

  const open = async (options: { patienceMs?: number; settings?: string } = {}) => {
    const { settings = '', ...rest } = options
    store = await openPostgresStore({ url: `${server.url}${settings}`, connections: 4, ...rest })
    return store
  }
  const stored = async (streamId: string) => {
    const rows = await server.query<{ seq: string }>(
      `SELECT seq FROM events WHERE stream_id = '${streamId}' ORDER BY seq`,
    )
    return rows.map(({ seq }) => Number(seq))
  }
  const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)
  const say = (streamId: string, seq: number) =>
    store.commit({ streamId, epoch: 1, events: [messageFact(seq)] })

  /** Every stream gets facts, each after the commit of the last, until `work` is through; the last seq of each that was acknowledged. */
  async function whileWriting(work: () => Promise<void>): Promise<Map<string, number>> {
    const streams = await Promise.all(STREAMS.map(id => given(store, id)))
    const acknowledged = new Map(streams.map(streamId => [streamId, 1]))
    let goesOn = true
    const writing = streams.map(async streamId => {
      for (let seq = 2; goesOn; seq++) {
        await say(streamId, seq)
        acknowledged.set(streamId, seq)
      }
    })
    try {
      await work()
    } finally {
      goesOn = false
    }
    await Promise.all(writing)
    return acknowledged
  }
  /** What was acknowledged is there, without a gap, and nothing else is. */
  async function expectAll(acknowledged: Map<string, number>): Promise<void> {
    for (const [streamId, last] of acknowledged) {
      expect(last).toBeGreaterThan(1)
      expect(await stored(streamId)).toEqual(upTo(last))
    }
  }
  const settled = (writes: Promise<unknown>[]) =>
    Promise.allSettled(writes).then(all =>
      all.map(one => (one.status === 'fulfilled' ? 'stored' : one.reason)),
    )

  test.each<[string, () => Promise<void>]>([
    ['that is restarted', () => server.restart('fast', 0)],
    ['that crashes and recovers', () => server.restart('immediate', 0)],
    ['one of whose backends is killed', () => server.killBackend()],
    ['that cuts all connections', () => server.cutConnections()],
  ])(
    '%s costs nobody anything: what was acknowledged is there, the rest is stored once it is back',
    SLOW,
    async (_, harm) => {
      await open({ patienceMs: 30_000 })
      const acknowledged = await whileWriting(harm)
      await expectAll(acknowledged)
      await store.log.after(`stream-of-${STREAMS[0]}`, 0, 1)
    },
  )

  test(
    'that is read-only refuses every write, says so before the first, and is used again at once',
    SLOW,
    async () => {
      await open({ patienceMs: 300 })
      const streamId = await given(store, 'a')
      await store.server.probe()
      await server.setReadOnly(true)
      const failure = { code: 'STORE_FAILED', says: 'server_read_only', retryable: true }
      await expect(store.server.probe()).rejects.toMatchObject(failure)
      expect(await settled([say(streamId, 2), say(streamId, 3)])).toEqual([
        expect.objectContaining(failure),
        expect.objectContaining(failure),
      ])
      // Reads go on.
      expect(await store.log.after(streamId, 0, 9)).toHaveLength(1)
      await server.setReadOnly(false)
      await say(streamId, 2)
      await store.server.probe()
      expect(await stored(streamId)).toEqual([1, 2])
    },
  )

  test.each([
    ['lock', '?lock_timeout=100'],
    ['statement', '?statement_timeout=1500'],
  ])(
    'whose %s timeout ends a commit acknowledges nothing of it, and nobody waits for ever',
    SLOW,
    async (_, settings) => {
      await open({ patienceMs: 300, settings })
      const [one, two] = await Promise.all(['a', 'b'].map(id => given(store, id)))
      const held = await holdRow(server.url, one!)
      const failed = await settled([say(one!, 2), say(two!, 2)])
      expect(failed).toEqual([
        expect.objectContaining({ code: 'STORE_FAILED', says: 'server_slow' }),
        expect.objectContaining({ code: 'STORE_FAILED', says: 'server_slow' }),
      ])
      await held.release()
      await Promise.all([say(one!, 2), say(two!, 2)])
      expect([await stored(one!), await stored(two!)]).toEqual([upTo(2), upTo(2)])
    },
  )

  test('whose disk is full acknowledges nothing until it has room', SLOW, async () => {
    await open({ patienceMs: 300 })
    const streamId = await given(store, 'a')
    // What the server itself says where a table cannot grow.
    await server.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION full_disk()`)
    const failure = { code: 'STORE_FAILED', says: 'server_full', retryable: true }
    expect(await settled([say(streamId, 2)])).toEqual([expect.objectContaining(failure)])
    await server.query('DROP TRIGGER full_disk ON events')
    await say(streamId, 2)
    expect(await stored(streamId)).toEqual([1, 2])
  })
}

/** Holds the row of a stream, as a transaction of somebody else would. */
async function holdRow(url: string, streamId: string): Promise<{ release(): Promise<void> }> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM sessions WHERE stream_id = $1 FOR UPDATE', [streamId])
  return { release: () => client.end() }
}
