import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { OwnerTable } from '../../../src/ports/cluster/owner-table.ts'
import type { Store } from '../../../src/ports/store.ts'
import { CLAIM_FREE, COUNTS, openOwnerTable } from '../../../src/store/postgres/owners.ts'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres, onPostgres } from '../../postgres.ts'
import { created, given, messageFact } from '../facts.ts'
import { TestSchema } from './test-schema.ts'

const LEASE = 60_000

await describeWithPostgres('Owners of sessions in PostgreSQL', () => {
  const schema = new TestSchema()
  let store: Store
  let table: OwnerTable
  beforeEach(async () => {
    store = await openPostgresStore({ url: DATABASE_URL, schema: await schema.name(), connections: 2 })
    table = openOwnerTable({ url: DATABASE_URL, schema: await schema.name() })
  })
  afterEach(async () => {
    await table.close()
    await store.close()
    await schema.empty()
  })
  afterAll(() => schema.drop())

  const join = async (...nodes: string[]) => {
    for (const node of nodes)
      await table.join({ node, url: `http://${node}:3000`, place: `disk of ${node}` }, LEASE)
  }
  const renew = (node: string) =>
    table.renew(node, LEASE, {
      url: `http://${node}:3000`,
      sessions: 3,
      maxSessions: node === 'a' ? 5 : null,
      stats: null,
    })
  /** The lease was over a moment ago, by the clock of the server. */
  const lapse = (node: string) =>
    schema.query("UPDATE nodes SET lease_until = now() - interval '1 ms' WHERE node = $1", [node])
  const takes = async (node: string, lanes: string[]) =>
    (await table.takeLanes(node, lanes)).map(({ lane }) => lane).sort()
  /** Puts a delivery into a lane. */
  const tell = (streamId: string, seq: number, lane: string) => {
    const delivery = { webhookId: `${seq}`, kind: 'receipt' as const, lane, sessionId: 's', seq, at: seq }
    return store.commit({
      ...{ streamId, epoch: 1, events: [messageFact(seq)] },
      deliveries: [{ ...delivery, payload: {} }],
    })
  }
  const epochOf = async (sessionId: string) => (await store.sessions.find(sessionId))?.epoch

  test('of nodes that claim one session at once one gets it, and keeps it as long as its lease is renewed', async () => {
    await join('a', 'b', 'c')
    const streamId = await given(store, 's')
    const epochs = await Promise.all(['a', 'b', 'c'].map(node => table.claim(node, streamId)))
    expect(epochs.filter(epoch => epoch !== null)).toEqual([2])
    const owner = 'abc'[epochs.indexOf(2)]!
    expect(await table.whereIs('s')).toEqual({ streamId, node: owner, url: `http://${owner}:3000` })
    expect(await renew(owner)).toMatchObject({ own: 1, free: 0 })
    expect(await table.claim(owner === 'a' ? 'b' : 'a', streamId)).toBeNull()
    expect(await epochOf('s')).toBe(2)
  })

  test('a lease is renewed while claims wait for a row that somebody holds', async () => {
    await join('a')
    const streams = await Promise.all(['s', 't', 'u'].map(id => given(store, id)))
    const name = await schema.name()
    await onPostgres(async client => {
      await client.query(`BEGIN; SELECT 1 FROM ${name}.sessions FOR UPDATE`)
      const claims = Promise.all(streams.map(streamId => table.claim('a', streamId)))
      claims.catch(() => {})
      const waiting =
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%epoch + 1%'"
      await vi.waitFor(async () =>
        expect((await onPostgres(other => other.query(waiting))).rowCount).toBeGreaterThan(1),
      )
      expect(await renew('a')).not.toBeNull()
      await client.query('COMMIT')
      expect(await claims).toEqual([2, 2, 2])
    })
  })

  test('its own session a node may claim again', async () => {
    await join('a')
    const streamId = await given(store, 's')
    expect(await table.claim('a', streamId)).toBe(2)
    expect(await table.claim('a', streamId)).toBe(3)
  })

  test('a lease that is over is not prolonged, its sessions go to whoever asks, and what it still writes is refused', async () => {
    await join('a', 'b')
    const streamId = await given(store, 's')
    await table.claim('a', streamId)
    await lapse('a')
    expect(await renew('a')).toBeNull()
    expect(await table.whereIs('s')).toEqual({ streamId, node: null, url: null })
    expect(await table.claim('b', streamId)).toBe(3)
    const late = store.commit({ streamId, epoch: 2, events: [messageFact(2)] })
    await expect(late).rejects.toMatchObject({ code: 'EPOCH_CONFLICT' })
    await store.commit({ streamId, epoch: 3, events: [messageFact(2)] })
  })

  test('a node without a lease, or one that nobody knows, claims nothing', async () => {
    await join('a')
    const streamId = await given(store, 's')
    await lapse('a')
    for (const node of ['a', 'nobody']) {
      expect(await table.claim(node, streamId)).toBeNull()
      expect(await table.claimFree(node, 9)).toEqual([])
    }
    expect(await epochOf('s')).toBe(1)
  })

  test('what nobody has is shared out without anything going to two', async () => {
    await join('a', 'b', 'c')
    for (let i = 0; i < 30; i++) await given(store, `s${i}`)
    const taken = await Promise.all(['a', 'b', 'c', 'a', 'b', 'c'].map(node => table.claimFree(node, 7)))
    const ids = taken.flat().map(({ sessionId }) => sessionId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const lives of taken) expect(lives.length).toBeLessThanOrEqual(7)
    const rest = await table.claimFree('a', 99)
    expect(ids.length + rest.length).toBe(30)
    expect(rest.every(({ epoch }) => epoch === 2)).toBe(true)
    expect(await renew('a')).toMatchObject({ free: 0 })
  })

  test('a new session is its creator’s from the first commit on', async () => {
    await join('a', 'b')
    await store.commit(created('s', { create: { sessionId: 's', userId: 7, at: 1, owner: 'a' } }))
    expect((await table.whereIs('s'))?.node).toBe('a')
    expect(await table.claimFree('b', 9)).toEqual([])
  })

  test('what is given up is free at once and wakes the others; of a later life nothing is given up', async () => {
    await join('a', 'b')
    const heard = vi.fn()
    table.onFreed(heard)
    await vi.waitFor(() => expect(heard).toHaveBeenCalled())
    const [one, two] = [await given(store, 'one'), await given(store, 'two')]
    for (const streamId of [one, two]) await table.claim('a', streamId)
    heard.mockClear()
    await table.release('a', [
      { streamId: one, epoch: 2 },
      { streamId: two, epoch: 1 },
    ])
    await vi.waitFor(() => expect(heard).toHaveBeenCalled())
    expect((await table.claimFree('b', 9)).map(({ sessionId }) => sessionId)).toEqual(['one'])
    expect(await table.claim('b', two)).toBeNull()
  })

  test('a node that leaves frees all it had, and one that keeps some all the others', async () => {
    await join('a', 'b')
    const streams = [await given(store, 's0'), await given(store, 's1'), await given(store, 's2')]
    await table.claimFree('a', 9)
    await table.keepOnly('a', [streams[1]!])
    const most = [
      { node: 'a', maxSessions: 5 },
      { node: 'b', maxSessions: null },
    ]
    expect(await renew('a')).toMatchObject({ own: 1, free: 2, nodes: most })
    await table.leave('a')
    expect(await renew('a')).toBeNull()
    expect(await renew('b')).toMatchObject({ own: 0, free: 3, nodes: [{ node: 'b', sessions: 3 }] })
  })

  test('whoever comes to the place of another says that the other is gone', async () => {
    await join('a', 'b')
    await given(store, 's')
    await table.claimFree('a', 9)
    await table.join({ node: 'a2', url: 'http://a2', place: 'disk of a' }, LEASE)
    expect(await renew('a')).toBeNull()
    expect(await table.claimFree('a2', 9)).toMatchObject([{ sessionId: 's', epoch: 3 }])
  })

  test('a lane is one node’s at a time, until it gives it back or is gone', async () => {
    await join('a', 'b')
    expect(await takes('a', ['y', 'x'])).toEqual(['x', 'y'])
    expect(await takes('b', ['x', 'z'])).toEqual(['z'])
    expect(await takes('a', ['x'])).toEqual(['x'])
    await table.giveLanes('a', ['x', 'z'])
    expect(await takes('b', ['x', 'y', 'z'])).toEqual(['x', 'z'])
    await lapse('a')
    expect(await takes('b', ['y'])).toEqual(['y'])
    expect(await takes('a', ['new'])).toEqual([])
    await table.leave('b')
    await join('c')
    expect(await takes('c', ['x', 'y', 'z'])).toEqual(['x', 'y', 'z'])
  })

  test('a lane comes with what it has first, and whether that is all', async () => {
    await join('a')
    const streamId = await given(store, 's')
    for (const [seq, lane] of [
      [2, 'x'],
      [3, 'y'],
      [4, 'x'],
    ] as const)
      await tell(streamId, seq, lane)
    const taken = await table.takeLanes('a', ['x', 'y', 'z'])
    const heads = taken.map(({ lane, head }) => [lane, head?.row?.seq, head?.isLast]).sort()
    expect(heads).toEqual([
      ['x', 2, false],
      ['y', 3, true],
      ['z', undefined, true],
    ])
    const row = taken.find(({ lane }) => lane === 'x')!.head!.row!
    expect(row).toEqual(await store.deliveries.head('x'))
    await store.deliveries.settle(row.id, { done: true })
    expect(await table.takeLanes('a', ['x'])).toMatchObject([{ head: { row: { seq: 4 }, isLast: true } }])
  })

  test('a lane that another node gives back at this moment comes without what that node has delivered', async () => {
    await join('a', 'b')
    const streamId = await given(store, 's')
    await tell(streamId, 2, 'x')
    const { head } = (await table.takeLanes('a', ['x']))[0]!
    const name = await schema.name()
    await onPostgres(async client => {
      await client.query(`SET search_path = ${name}; BEGIN; DELETE FROM lane_leases WHERE lane = 'x'`)
      const own = await client.query('SELECT pg_backend_pid() AS pid')
      const asked = table.takeLanes('b', ['x'])
      const waiting = () =>
        schema.query('SELECT 1 FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))', [
          own.rows[0].pid,
        ])
      await vi.waitFor(async () => expect(await waiting()).toHaveLength(1))
      await client.query('DELETE FROM deliveries WHERE id = $1', [head!.row!.id])
      await client.query('COMMIT')
      expect(await asked).toEqual([{ lane: 'x', head: { row: null, isLast: true } }])
    })
  })

  test('lanes that many nodes ask for at once go to one each', async () => {
    await join('a', 'b', 'c')
    const lanes = Array.from({ length: 200 }, (_, i) => `lane ${i}`)
    const asked = ['a', 'b', 'c'].flatMap(node => [takes(node, lanes), takes(node, [...lanes].reverse())])
    const [a, a2, b, b2, c, c2] = await Promise.all(asked)
    const sets = [
      [...a!, ...a2!],
      [...b!, ...b2!],
      [...c!, ...c2!],
    ].map(all => new Set(all))
    expect(sets.reduce((sum, { size }) => sum + size, 0)).toBe(200)
  })

  test.each([
    ['renewal', `PREPARE asked(text) AS ${COUNTS}`, "EXPLAIN EXECUTE asked('a')"],
    [
      'look for free sessions',
      `PREPARE asked(text, bigint) AS ${CLAIM_FREE}`,
      "EXPLAIN EXECUTE asked('a', 20)",
    ],
  ])('no %s looks through the sessions that others have', async (_, prepare, explain) => {
    await join('a', 'b')
    await schema.query(
      `INSERT INTO sessions (stream_id, session_id, user_id, epoch, last_seq, created_at, last_activity, owner, context)
       SELECT 'st' || i, 's' || i, '1', 1, 1, 1, 1, 'n' || i % 20, repeat('x', 500) FROM generate_series(1, 5000) i`,
    )
    const name = await schema.name()
    const plan = await onPostgres(async client => {
      await client.query(
        `SET search_path = ${name}; SET plan_cache_mode = force_generic_plan; ANALYZE sessions`,
      )
      await client.query(prepare)
      return (await client.query<{ 'QUERY PLAN': string }>(explain)).rows
        .map(row => row['QUERY PLAN'])
        .join('\n')
    })
    expect(plan).toMatch(/sessions_by_owner/)
    expect(plan).not.toMatch(/Seq Scan on sessions/)
  })

  test('a deleted session is nobody’s and is never claimed', async () => {
    await join('a')
    const streamId = await given(store, 's')
    await store.commit({
      streamId,
      epoch: 1,
      events: [{ ...messageFact(2), type: 'session.deleted' }],
      erase: 'stream',
    })
    expect(await table.claim('a', streamId)).toBeNull()
    expect(await table.claimFree('a', 9)).toEqual([])
    expect(await table.whereIs('s')).toBeNull()
  })

  test('clocks of nodes mean nothing: all times are the server’s', async () => {
    await join('a')
    const [row] = await schema.query<{ left: number }>(
      'SELECT extract(epoch FROM lease_until - now())::float8 AS left FROM nodes',
    )
    expect(row!.left).toBeGreaterThan(LEASE / 1_000 - 10)
    expect(row!.left).toBeLessThanOrEqual(LEASE / 1_000)
  })
})
