import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import type { PruneStep, Store, Write } from '../../../src/ports/store.ts'
import { openPostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres } from '../../postgres.ts'
import { given, inbound, lifecycle, messageFact } from '../facts.ts'
import { TestSchema } from './test-schema.ts'

const DAY = 24 * 60 * 60 * 1000
const START = 20_000 * DAY

await describeWithPostgres('Retention by partitions', () => {
  const schema = new TestSchema()
  let now = START
  let store: Store
  // 30 days: two in each partition.
  const open = async () => {
    store = await openPostgresStore({
      ...{ url: DATABASE_URL, schema: await schema.name(), connections: 4 },
      ...{ now: () => now, keepDays: 30 },
    })
  }
  beforeEach(async () => {
    now = START
    await open()
  })
  afterEach(async () => {
    await store.close()
    await schema.drop()
  })
  afterAll(() => schema.drop())

  const later = async (days: number) => {
    now += days * DAY
    await store.close()
    await open()
  }
  const partitionsOf = async (table: string) => {
    const rows = await schema.query<{ name: string; rows: string }>(
      `SELECT c.relname AS name, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', c.relname), false, true, '')))[1]::text AS rows
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass ORDER BY 1`,
      [table],
    )
    return rows.flatMap(({ name, rows }) => (Number(rows) > 0 ? [name] : []))
  }
  const received = (seq: number, extra: { delivered?: true; dedupeKey?: string } = {}): Write => ({
    ...{ streamId: 'stream-of-a', epoch: 1 },
    events: [{ ...messageFact(seq), at: now }],
    messages: [
      {
        insert: {
          ...{ messageId: `M${seq}`, chatId: '1@lid', direction: 'in', status: 'received', seq, at: now },
          ...{ content: inbound(`M${seq}`, 'x'), dedupeKey: extra.dedupeKey ?? `1@lid||0|M${seq}` },
        },
      },
    ],
    ...(extra.delivered && {
      deliveries: [
        {
          ...{
            webhookId: `w${seq}`,
            kind: 'messages',
            lane: 'stream-of-a|1@lid',
            sessionId: 'a',
            seq,
            at: now,
          },
          payload: null,
        },
      ],
    }),
  })
  async function pruneAll(before: number): Promise<PruneStep> {
    const sum: PruneStep = { facts: 0, messages: 0, next: { session: 0, seq: 0 } }
    for (let steps = 0; sum.next !== null; steps++) {
      expect(steps).toBeLessThan(100)
      const request = { factsBefore: before, messagesBefore: before, from: sum.next, limit: 2 }
      const { facts, messages, next } = await store.prune(request)
      Object.assign(sum, { facts: sum.facts + facts, messages: sum.messages + messages, next })
    }
    return sum
  }

  test('what is old goes with its partition, what waits stays, and what the session went through', async () => {
    const streamId = await given(store, 'a')
    await later(3)
    for (const seq of [2, 3, 4]) await store.commit(received(seq))
    await store.commit(received(5, { delivered: true }))
    await store.commit({ streamId, epoch: 1, events: [{ ...lifecycle(6, 'open.settled'), at: now }] })
    await later(3)
    await store.commit(received(7))
    const [facts, messages] = [await partitionsOf('events_of_messages'), await partitionsOf('messages')]
    expect([facts.length, messages.length]).toEqual([2, 2])
    expect([...facts, ...messages].filter(name => name.endsWith('_rest'))).toEqual([])

    now += 32 * DAY
    expect((await pruneAll(now - 33 * DAY)).messages).toBe(3)
    expect((await store.log.after(streamId, 0, 99)).map(({ seq }) => seq)).toEqual([1, 6, 7])
    expect(await partitionsOf('events_of_messages')).toEqual(facts.slice(1))
    expect(await partitionsOf('messages')).toEqual([messages[1], 'messages_rest'])
    expect((await store.log.stateAt(streamId, 5))?.seq).toBe(1)
    const left = await Promise.all([2, 3, 4, 5, 7].map(seq => store.messages.find(streamId, `M${seq}`)))
    expect(left.map(row => row?.seq)).toEqual([undefined, undefined, undefined, 5, 7])
    const head = (await store.deliveries.head('stream-of-a|1@lid'))!
    expect(head.payload).toMatchObject({ message_id: 'M5' })
    expect(await store.messages.goneTo(streamId)).toBe(4)
    expect(await store.messages.knowsChat(streamId, ['1@lid'])).toBe(true)

    await store.deliveries.settle(head.id, { done: true })
    expect(await pruneAll(now - 30 * DAY)).toMatchObject({ messages: 2 })
    expect(await partitionsOf('messages')).toEqual([])
    await store.commit(received(8))
    expect((await store.log.after(streamId, 0, 99)).map(({ seq }) => seq)).toEqual([1, 6, 8])
  })

  test('a dedupe key is one over all partitions, and free once its message is gone', async () => {
    const streamId = await given(store, 'a')
    await later(3)
    await store.commit(received(2, { dedupeKey: '1@lid||0|K' }))
    await later(3)
    const again = () => store.commit(received(3, { dedupeKey: '1@lid||0|K' }))
    await expect(again()).rejects.toMatchObject({ code: 'CONFLICT' })
    now += 20 * DAY
    await pruneAll(now - 10 * DAY)
    expect(await store.messages.find(streamId, 'M2')).toBeNull()
    // WhatsApp may deliver it again: whoever asks knows.
    expect(await store.messages.hasDedupeKey(streamId, '1@lid||0|K')).toBe(true)
    await again()
    expect((await store.messages.find(streamId, 'M3'))?.seq).toBe(3)
  })

  test('a partition is never made for what is there already, nor twice by several nodes', async () => {
    const others = await Promise.all(
      [1, 2].map(async () =>
        openPostgresStore({ url: DATABASE_URL, schema: await schema.name(), now: () => now, keepDays: 30 }),
      ),
    )
    for (const other of others) await other.close()
    const bounds = await schema.query<{ bound: string }>(
      `SELECT pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'messages'::regclass ORDER BY 1`,
    )
    expect(bounds.length).toBe(3)
    for (const { bound } of bounds) expect(bound).not.toContain(`FROM ('${START}')`)
  })
})
