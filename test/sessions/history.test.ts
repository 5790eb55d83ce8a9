import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { History } from '../../src/ports/dashboard/history.ts'
import { DEAD_KEPT_MS } from '../../src/ports/delivery-table.ts'
import type { KnownOfLaravel } from '../../src/sessions/chat-history.ts'
import { createHistory } from '../../src/sessions/history.ts'
import { incoming, text } from './fakes.ts'
import { closedAs, World } from './world.ts'

let world: World
let history: History
let known: KnownOfLaravel
beforeEach(async () => {
  world = await World.start()
  known = { now: world.clock.now, takenAt: () => null, causeOf: () => null }
  history = createHistory(world.store, world.queries, known)
})
afterEach(() => world.end())

const page = (limit = 100, before: number | null = null) => ({ before, limit })

describe('The facts of a session', () => {
  it('say from where to where each moved the machine, on every page', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('A')])
    const { facts, next } = await history.facts('s1', { ...page(), kind: 'all' })
    expect(next).toBeNull()
    expect(facts.at(-1)).toMatchObject({ seq: 1, type: 'session.created', from: null })
    expect(facts[0]).toMatchObject({ type: 'message.received', from: null, state: null })
    const moves = facts.filter(({ state }) => state !== null)
    for (const [i, fact] of moves.slice(0, -1).entries()) expect(fact.from).toBe(moves[i + 1]!.state)
    expect(moves[0]).toMatchObject({
      type: 'socket.opened',
      from: 'starting.connecting',
      state: 'open.settling',
    })
    const paged = []
    for (let before: number | null = null; ; ) {
      const part = await history.facts('s1', { before, limit: 2, kind: 'all' })
      paged.push(...part.facts)
      if (part.next === null) break
      before = part.next
    }
    expect(paged).toEqual(facts)
    expect((await history.since('s1', 2, 100, 'all')).facts).toEqual(facts.filter(({ seq }) => seq > 2))
    expect((await history.since('s1', facts[0]!.seq, 100, 'all')).facts).toEqual([])
  })

  it('that are newer leave no gap: what is left out between is told', async () => {
    const socket = await world.linked()
    const { lastSeq } = await world.queries.events('s1', 0, 1)
    const since = async (limit: number) => {
      const { facts, next } = await history.since('s1', lastSeq, limit, 'all')
      return [facts.map(({ seq }) => seq - lastSeq), next === null ? null : next - lastSeq]
    }
    expect(await since(5)).toEqual([[], null])
    await socket.owner.received(['A', 'B', 'C'].map(id => incoming(id)))
    expect(await since(5)).toEqual([[3, 2, 1], null])
    expect(await since(3)).toEqual([[3, 2, 1], null])
    expect(await since(2)).toEqual([[3, 2], 2])
  })

  it('come with the names of those whom they are about', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('A')])
    const { names } = await history.facts('s1', { ...page(), kind: 'all' })
    expect([...names]).toEqual([
      ['34611111111@s.whatsapp.net', expect.objectContaining({ name: 'Ana', phone: '34611111111' })],
    ])
  })

  it('can be those of the session alone, or the others', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('A'), incoming('B')])
    const types = async (kind: 'lifecycle' | 'messages') =>
      (await history.facts('s1', { ...page(), kind })).facts.map(({ type }) => type)
    expect(await types('messages')).toEqual(['message.received', 'message.received'])
    expect(await types('lifecycle')).not.toContain('message.received')
    expect(await types('lifecycle')).toContain('socket.opened')
  })
})

describe('A moment', () => {
  it('is the machine after a fact, with what it was before and its neighbours', async () => {
    const socket = await world.linked()
    socket.report(closedAs('backoff'))
    await world.settle()
    const { lastSeq } = await world.queries.events('s1', 0, 1)
    const newest = await history.moment('s1', lastSeq)
    expect(newest).toMatchObject({ asked: lastSeq, lastSeq, next: null })
    expect(newest.context).toEqual(world.context())
    const { facts } = await history.facts('s1', { ...page(), kind: 'all' })
    const opened = facts.find(({ type }) => type === 'socket.opened')!
    const moment = await history.moment('s1', opened.seq)
    expect(moment.fact).toEqual(opened)
    expect(moment.context.linked).toBe(true)
    expect(moment.contextBefore!.linked).toBe(false)
    expect(moment.can).toContain('logout.requested')
    expect((await history.moment('s1', moment.next!)).previous).toBe(opened.seq)
    expect(await history.moment('s1', 1)).toMatchObject({ contextBefore: null, previous: null })
  })

  it('after a message is that of the last fact that moved the machine', async () => {
    const socket = await world.linked()
    const before = (await world.queries.events('s1', 0, 1)).lastSeq
    await socket.owner.received([incoming('A')])
    expect(await history.moment('s1', before + 1)).toMatchObject({ asked: before + 1, fact: { seq: before } })
    await expect(history.moment('s1', before + 2)).rejects.toThrow(
      expect.objectContaining({ code: 'EVENT_NOT_FOUND' }),
    )
  })
})

describe('The chats of a session', () => {
  it('are named by who writes, newest first, one for all names of a person', async () => {
    const { owner } = await world.linked()
    const [number, lid] = ['34611111111@s.whatsapp.net', '900@lid']
    const byLid = incoming('B', '34611111111', { chat_id: lid, push_name: 'Ana María' })
    await owner.received([
      incoming('A'),
      { ...byLid, dedupeKey: `${lid}||false|B` },
      incoming('C', '34622222222'),
    ])
    const person = { chatId: lid, lid, number, username: 'ana', names: [lid, number], learntAt: 1 }
    await world.store.commit({ streamId: owner.streamId, epoch: owner.epoch, people: [person] })
    const { chats, next } = await history.chats('s1', page())
    expect(next).toBeNull()
    expect(chats.map(({ chatId, name, phone, username }) => [chatId, name, phone, username])).toEqual([
      ['34622222222@s.whatsapp.net', 'Ana', '34622222222', null],
      [lid, 'Ana María', '34611111111', 'ana'],
    ])
    expect(chats[1]!.newest.message.message_id).toBe('B')
  })

  it('show each message with its way, and what Laravel has of it', async () => {
    const { owner } = await world.linked()
    await owner.received([incoming('A')])
    void world.commands.send('s1', text('34611111111', 'two'), world.clock.now())
    await world.settle()
    const { chat, messages } = await history.chat('s1', '34611111111@s.whatsapp.net', page())
    expect(chat).toMatchObject({ name: 'Ana', phone: '34611111111', isGroup: false })
    const [sent, received] = messages
    expect(sent).toMatchObject({ direction: 'out', laravel: null, message: { body: 'two' } })
    expect(sent!.history[0]).toMatchObject({ status: 'queued' })
    expect(received).toMatchObject({ direction: 'in', laravel: { state: 'waiting', attempts: 0 } })
    const { deliveries } = world.store
    const lane = world.wokenLanes.find(one => world.stored.deliveries.head(one)?.kind === 'messages')!
    await deliveries.settle((await deliveries.head(lane))!.id, { done: true })
    const [, again] = (await history.chat('s1', '34611111111@s.whatsapp.net', page())).messages
    expect(again!.laravel).toEqual({ state: 'taken', at: null })
  })

  it('say that Laravel took what waits no more, as long as a dead letter of it would still be there', async () => {
    const { owner } = await world.linked()
    await owner.received([
      incoming('A'),
      { ...incoming('B', '34622222222'), imported: true },
      incoming('C', '34633333333'),
    ])
    await world.settle()
    const newestOf = async (number: string) =>
      (await history.chat('s1', `${number}@s.whatsapp.net`, page())).messages[0]!
    const wayOf = async (number: string) => (await newestOf(number)).laravel
    expect(await wayOf('34611111111')).toMatchObject({ state: 'waiting', cause: null })
    // Nobody is told of what was before the link.
    expect(await wayOf('34622222222')).toBeNull()
    const { deliveries } = world.store
    const [first, second] = ['34611111111', '34633333333'].map(
      number => world.stored.deliveries.head(world.wokenLanes.find(lane => lane.includes(number))!)!,
    )
    known.takenAt = id => (id === first!.webhookId ? 7 : null)
    for (const { id } of [first!, second!]) await deliveries.settle(id, { done: true })
    expect(await wayOf('34611111111')).toEqual({ state: 'taken', at: 7 })
    expect(await wayOf('34633333333')).toEqual({ state: 'taken', at: null })
    const { at } = await newestOf('34633333333')
    known.now = () => at + DEAD_KEPT_MS - 1
    expect(await wayOf('34633333333')).toEqual({ state: 'taken', at: null })
    known.now = () => at + DEAD_KEPT_MS
    expect(await wayOf('34633333333')).toEqual({ state: 'settled' })
    expect(await wayOf('34611111111')).toEqual({ state: 'taken', at: 7 })
  })

  it('say what an error of Laravel means', async () => {
    const { owner } = await world.linked()
    await owner.received([incoming('A')])
    await world.settle()
    known.causeOf = error => (error === 'HTTP 500' ? 'server_error' : null)
    const { deliveries } = world.store
    const { id } = world.stored.deliveries.head(world.wokenLanes.find(lane => lane.includes('34611111111'))!)!
    const failed = (error: string) =>
      deliveries.settle(id, { retryAt: 9, error, countsTry: true, countsAttempt: true })
    const way = async () =>
      (await history.chat('s1', '34611111111@s.whatsapp.net', page())).messages[0]!.laravel
    await failed('HTTP 500')
    expect(await way()).toEqual({
      state: 'waiting',
      attempts: 1,
      nextAt: 9,
      error: 'HTTP 500',
      cause: 'server_error',
    })
    await failed('held')
    expect(await way()).toMatchObject({ error: 'held', cause: null })
    await deliveries.settle(id, { dead: true, at: 9, error: 'HTTP 500' })
    expect(await way()).toEqual({ state: 'dead', attempts: 3, error: 'HTTP 500', cause: 'server_error' })
  })
})

it('A session that nobody knows is refused', async () => {
  for (const ask of [
    () => history.facts('nobody', { ...page(), kind: 'all' }),
    () => history.since('nobody', 0, 1, 'all'),
    () => history.moment('nobody', 1),
    () => history.chats('nobody', page()),
    () => history.chat('nobody', '1@lid', page()),
  ])
    await expect(ask()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
})
