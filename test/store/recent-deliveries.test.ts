import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DeliveryOutcome, laneOf, type NewDelivery } from '../../src/ports/delivery-table.ts'
import type { MessageWrite } from '../../src/ports/message-table.ts'
import type { Store, Write } from '../../src/ports/store.ts'
import { RecentDeliveries } from '../../src/store/recent-deliveries.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { createStatements } from '../../src/store/statements.ts'
import { type DeliveryReads, deliveryReads } from '../../src/store/tables/deliveries.ts'
import { assertProperty } from '../property.ts'
import { given, imageSource, inbound, messageFact } from './facts.ts'

const CHATS = ['ana', 'bea', 'eva']
const SOURCE = imageSource('0a')

describe('deliveries that were just stored', () => {
  let dir: string
  let store: Store
  /** What stands in the table, by a connection of its own. */
  let table: DeliveryReads
  let db: DatabaseSync
  let seq: number
  let streamId: string
  let runs = 0

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'recent-'))
    store = await openSqliteStore({ dataDir: dir })
    db = new DatabaseSync(join(dir, 'store.sqlite'), { readOnly: true })
    table = deliveryReads(createStatements(db))
    streamId = await given(store, 'a')
    seq = 1
  })
  afterEach(async () => {
    db.close()
    await store.close()
    await rm(dir, { recursive: true })
  })

  const delivery = (of: number, chat: string): NewDelivery => ({
    webhookId: `${streamId}.${of}.messages`,
    kind: 'messages',
    lane: laneOf.messages(streamId, chat),
    sessionId: 'a',
    seq: of,
    at: 1_000 + of,
    payload: null,
  })

  function arrive(chat: string, { body = 'hello', file = false } = {}): Promise<void> {
    const of = ++seq
    const insert: Extract<MessageWrite, { insert: unknown }>['insert'] = {
      messageId: `M${of}`,
      chatId: chat,
      direction: 'in',
      dedupeKey: `k${of}`,
      content: inbound(`M${of}`, body),
      status: 'received',
      seq: of,
      at: of,
    }
    return commit({
      events: [messageFact(of)],
      messages: [{ insert }],
      deliveries: [delivery(of, chat)],
      ...(file && { downloads: [{ seq: of, source: SOURCE, at: of }] }),
    })
  }

  const commit = (write: Partial<Write>) => store.commit({ streamId, epoch: 1, ...write })
  const settle = async (chat: string, outcome: DeliveryOutcome, lazy = false) => {
    const head = await store.deliveries.head(laneOf.messages(streamId, chat))
    if (head !== null) await store.deliveries.settle(head.id, outcome, lazy)
  }

  async function compare(): Promise<void> {
    for (const chat of CHATS) {
      const lane = laneOf.messages(streamId, chat)
      const stored = table.head(lane)
      expect(await store.deliveries.head(lane)).toEqual(stored)
      if (stored !== null)
        expect(await store.deliveries.hasNext(lane, stored.id)).toBe(table.hasNext(lane, stored.id))
    }
  }

  const chat = fc.constantFrom(...CHATS)
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ arrive: chat, file: fc.boolean(), long: fc.boolean() }) },
    { weight: 6, arbitrary: fc.record({ accept: chat, lazy: fc.boolean() }) },
    fc.record({ postpone: chat }),
    fc.record({ bury: chat }),
    fc.record({ revive: fc.nat() }),
    fc.record({ replay: chat, back: fc.nat(8) }),
    fc.record({ reread: fc.nat(8) }),
    fc.record({ status: chat }),
    fc.record({ look: chat }),
    { weight: 3, arbitrary: fc.record({ lookEarly: chat }) },
  )
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

  /** Reads the lane between a commit and its answer, which waits for this turn to end; or before it, if the thread has too much to do. */
  async function lookEarly(into: string): Promise<void> {
    const before = table.lastId()
    const arrived = arrive(into)
    await nextTurn()
    for (let n = 0; n < 5_000 && table.lastId() === before; n++);
    await store.deliveries.head(laneOf.messages(streamId, into))
    await arrived
  }

  async function take(one: Step): Promise<void> {
    if ('arrive' in one)
      await arrive(one.arrive, { body: one.long ? 'x'.repeat(9_000) : 'short', file: one.file })
    else if ('accept' in one) await settle(one.accept, { done: true }, one.lazy)
    else if ('postpone' in one)
      await settle(one.postpone, { retryAt: 9, error: '503', countsTry: true, countsAttempt: true })
    else if ('bury' in one) await settle(one.bury, { dead: true, at: 5, error: '422' })
    else if ('revive' in one) {
      const { rows } = await store.deliveries.page({ state: 'dead', limit: 100 })
      const dead = rows.filter(row => row.streamId === streamId)
      if (dead.length > 0)
        await store.deliveries.settle(dead[one.revive % dead.length]!.id, { redriven: true, at: 7 })
    } else if ('replay' in one) {
      const of = Math.max(2, seq - one.back)
      if (of <= seq) await commit({ deliveries: [delivery(of, one.replay)] })
    } else if ('reread' in one) {
      const of = seq - one.reread
      if (of > 1)
        await commit({ messages: [{ reread: { seq: of, content: inbound(`M${of}`, 'read anew') } }] })
    } else if ('status' in one) {
      const of = ++seq
      const status = { ...delivery(of, one.status), kind: 'status' as const, payload: { seq: of } }
      await commit({ events: [messageFact(of)], deliveries: [status] })
    } else if ('lookEarly' in one) await lookEarly(one.lookEarly)
    else await store.deliveries.head(laneOf.messages(streamId, one.look))
  }

  it('are what the table says, whatever is done to them', async () => {
    await assertProperty(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 25 }), async ticks => {
        streamId = await given(store, `run${++runs}`)
        seq = 1
        for (const [n, steps] of ticks.entries()) {
          await Promise.all(steps.map(take))
          // To compare is to read, after which a lane is known.
          if (n % 3 === 2) await compare()
        }
        await compare()
      }),
      { numRuns: 100 },
    )
  }, 120_000)

  it('live again in a lane that was seen empty, and say what was read anew', async () => {
    const lane = laneOf.messages(streamId, 'ana')
    await arrive('ana')
    const { id } = (await store.deliveries.head(lane))!
    await settle('ana', { dead: true, at: 5, error: '422' })
    expect(await store.deliveries.head(lane)).toBeNull()
    await store.deliveries.settle(id, { redriven: true, at: 7 })
    expect((await store.deliveries.head(lane))?.id).toBe(id)
    await settle('ana', { done: true })
    await arrive('ana')
    await commit({ messages: [{ reread: { seq, content: inbound(`M${seq}`, 'read anew') } }] })
    expect((await store.deliveries.head(lane))?.payload.body).toBe('read anew')
    await compare()
  })

  it('live again in the lane that they had, whichever one they are written for again', async () => {
    const lane = laneOf.messages(streamId, 'ana')
    await arrive('ana')
    const { id } = (await store.deliveries.head(lane))!
    await settle('ana', { dead: true, at: 5, error: '422' })
    expect(await store.deliveries.head(lane)).toBeNull()
    await commit({ deliveries: [delivery(seq, 'eva')] })
    expect((await store.deliveries.head(lane))?.id).toBe(id)
  })

  it('are told once, also when they were read before their commit was answered', async () => {
    let stored = table.headOf(laneOf.messages(streamId, 'ana'))
    const recent = new RecentDeliveries({ ...table, headOf: () => stored }, async () => {})
    await arrive('ana')
    const lane = laneOf.messages(streamId, 'ana')
    stored = table.headOf(lane)
    const { id } = recent.head(lane)!
    const insert = {
      messageId: 'M',
      chatId: 'ana',
      direction: 'in',
      dedupeKey: 'k',
      status: 'received',
      at: 1,
    } as const
    recent.written({
      ...{ streamId, epoch: 1 },
      messages: [{ insert: { ...insert, seq, content: '{}' } }],
      deliveries: [{ ...delivery(seq, 'ana'), payload: null, id }],
    })
    stored = { row: null, isLast: true }
    await recent.settle(id, { done: true })
    expect(recent.head(lane)).toBeNull()
  })

  it('are gone with their session', async () => {
    await arrive('ana')
    await settle('ana', { done: true })
    await arrive('ana')
    await commit({ events: [{ ...messageFact(++seq), type: 'session.deleted' }], erase: 'stream' })
    expect(await store.deliveries.head(laneOf.messages(streamId, 'ana'))).toBeNull()
    await compare()
  })

  it('keep their order behind those of an earlier process', async () => {
    await arrive('ana')
    await store.close()
    store = await openSqliteStore({ dataDir: dir })
    await arrive('ana')
    await settle('ana', { done: true })
    await compare()
    await settle('ana', { done: true })
    await store.close()
    store = await openSqliteStore({ dataDir: dir })
    await arrive('ana')
    expect((await store.deliveries.head(laneOf.messages(streamId, 'ana')))?.id).toBe(3)
    await compare()
  })

  it('are not read once their lane was seen empty', async () => {
    await arrive('ana')
    await settle('ana', { done: true })
    const get = vi.spyOn(Object.getPrototypeOf(db.prepare('SELECT 1')), 'get')
    for (let n = 0; n < 10; n++) {
      await arrive('ana')
      const lane = laneOf.messages(streamId, 'ana')
      expect(await store.deliveries.head(lane)).toMatchObject({ seq, payload: { message_id: `M${seq}` } })
      const { id } = (await store.deliveries.head(lane))!
      expect(await store.deliveries.hasNext(lane, id)).toBe(false)
      await settle('ana', { done: true }, n % 2 === 0)
    }
    expect(get).not.toHaveBeenCalled()
    get.mockRestore()
    await compare()
  })
})
