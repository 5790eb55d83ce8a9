import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { incoming, text } from './fakes.ts'
import { closedAs, World } from './world.ts'

const FIELDS = [
  ...[
    'sessionId',
    'userId',
    'metadata',
    'state',
    'detail',
    'estadoQr',
    'waId',
    'lid',
    'pushName',
    'createdAt',
    'lastActivity',
  ],
  ...['attempts', 'retryAt', 'reason', 'reasonText', 'passkey', 'qr'],
]

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

describe('The view of a session', () => {
  it('has every field of the contract in every state, and no secret', async () => {
    await world.linked('open')
    await world.shown('shown')
    ;(await world.linked('waiting')).report(closedAs('backoff'))
    ;(await world.linked('out')).report(closedAs('banned', 'banned'))
    await world.settle()
    const { sessions, count } = await world.queries.list({ limit: 10 })
    expect(count).toBe(4)
    for (const session of sessions) {
      expect(Object.keys(session)).toEqual(FIELDS)
      expect(JSON.stringify(session)).not.toContain('secret text')
    }
    expect(
      Object.fromEntries(
        sessions.map(({ sessionId, state, detail, estadoQr }) => [sessionId, [state, detail, estadoQr]]),
      ),
    ).toEqual({
      open: ['open', 'settling', 'active'],
      out: ['loggedOut', 'banned', 'inactive'],
      shown: ['awaitingQr', 'shown.throttled', 'pending'],
      waiting: ['reconnecting', 'waiting', 'active'],
    })
    const now = world.clock.now()
    expect((await world.queries.get('shown')).qr).toEqual({
      publishedAt: now,
      expiresAt: now + 60_000,
    })
    expect((await world.queries.get('waiting')).retryAt).toBe(world.context('waiting').retryAt!)
    expect(await world.queries.get('open')).toMatchObject({ qr: null, waId: '34600000001', pushName: 'Ana' })
  })

  it('has no QR once a phone has scanned it and the session connects again', async () => {
    const socket = await world.shown()
    socket.report(
      { type: 'socket.paired', waId: '34600000001', lid: null },
      closedAs('reconnectNow', 'restart'),
    )
    await world.settle()
    expect(await world.queries.get('s1')).toMatchObject({ state: 'starting', qr: null, waId: '34600000001' })
  })

  it('is a 404 for an unknown session', async () => {
    for (const ask of [
      () => world.queries.get('nobody'),
      () => world.queries.events('nobody', 0, 10),
      () => world.queries.at('nobody', 1),
      () => world.queries.message('nobody', 'm'),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND', status: 404 })
  })
})

describe('The list of sessions', () => {
  it('comes in pages, the last of which names no next one', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await world.started(id, `user-${id}`)
    const seen: string[] = []
    for (let after: string | null = ''; after !== null; ) {
      const page = await world.queries.list({ limit: 2, after })
      expect(page.count).toBe(5)
      seen.push(...page.sessions.map(({ sessionId }) => sessionId))
      after = page.next
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect((await world.queries.list({ limit: 5 })).next).toBe('e')
    expect(await world.queries.list({ limit: 5, after: 'e' })).toEqual({ count: 5, sessions: [], next: null })
    expect(
      (await world.queries.list({ limit: 5, userId: 'user-c' })).sessions.map(({ sessionId }) => sessionId),
    ).toEqual(['c'])
    expect((await world.queries.list({ limit: 5, state: 'open' })).count).toBe(0)
  })
})

describe('The log of a session over HTTP', () => {
  it('comes in pages that name the next one only if there is one', async () => {
    await world.linked()
    const { length } = world.rows()
    const first = await world.queries.events('s1', 0, 3)
    expect([first.events.map(({ seq }) => seq), first.next]).toEqual([[1, 2, 3], 3])
    const rest = await world.queries.events('s1', 3, 100)
    expect([rest.events.length, rest.next]).toEqual([length - 3, null])
    expect((await world.queries.events('s1', length - 3, 3)).next).toBe(null)
    expect(await world.queries.events('s1', length, 3)).toMatchObject({
      lastSeq: length,
      events: [],
      next: null,
    })
  })
})

describe('The history of a session', () => {
  it('shows each past state, with the actions that were possible then', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('m1')])
    const rows = world.rows()
    for (const { seq, at, snapshot } of rows) {
      if (snapshot === null) continue
      expect(await world.queries.at('s1', seq)).toMatchObject({
        seq,
        at,
        state: snapshot.state,
        context: JSON.parse(snapshot.context),
      })
    }
    const last = rows.length
    expect(await world.queries.at('s1', last)).toMatchObject({ seq: last, state: 'open.settling' })
    expect((await world.queries.at('s1', 2)).can).toEqual(
      expect.arrayContaining(['laravel.answered', 'socket.qr', 'delete.requested']),
    )
    expect((await world.queries.at('s1', 2)).can).not.toContain('connect.begun')
    expect((await world.queries.at('s1', last)).can).not.toContain('socket.qr')
    expect((await world.queries.at('s1', last)).can.join()).not.toMatch(/xstate|\*/)
    for (const seq of [0, -1, last + 1, Number.NaN])
      await expect(world.queries.at('s1', seq)).rejects.toThrow(
        expect.objectContaining({ code: 'EVENT_NOT_FOUND' }),
      )
  })
})

describe('The view of a message', () => {
  it('has its status and its history', async () => {
    const socket = await world.linked()
    const sending = world.commands.send('s1', text('34622222222'), world.clock.now())
    await world.wait(0)
    const { messageId } = await sending
    await world.wait(1000)
    socket.owner.updated({ messageId, status: 'sent', at: world.clock.now() })
    await world.settle()
    const { history, status } = await world.queries.message('s1', messageId)
    expect([status, history.map(one => one.status)]).toEqual(['sent', ['queued', 'transmitted', 'sent']])
    await expect(world.queries.message('s1', 'nothing')).rejects.toThrow(
      expect.objectContaining({ code: 'MESSAGE_NOT_FOUND' }),
    )
  })
})

describe('The stats', () => {
  const stats = () => world.queries.stats()

  it('are zero without sessions', () => {
    expect(stats()).toEqual({
      sessions: { totalSessions: 0, activeSessions: 0, inactiveSessions: 0, oldestSession: 0 },
      qr: { pendingQR: 0, trackedSessions: 0 },
      byState: {},
    })
  })

  it('count open, idle, publishing and tracked sessions, and have the age of the oldest', async () => {
    const socket = await world.linked('open')
    await world.linked('quiet')
    await world.shown('shown')
    await world.wait(200_000)
    await world.started('new')
    world.laravel.onPublish = () => new Promise(() => {})
    const publishing = await world.started('publishing')
    publishing.qr('a', world.clock.now() + 60_000)
    await world.wait(100_000)
    await socket.owner.received([incoming('m1')])
    await world.wait(1)
    const { sessions, qr, byState } = stats()
    expect(sessions).toEqual({
      totalSessions: 5,
      activeSessions: 2,
      inactiveSessions: 2,
      oldestSession: 300_001,
    })
    expect(qr).toEqual({ pendingQR: 1, trackedSessions: 0 })
    expect(Object.values(byState).reduce((a, b) => a + b)).toBe(5)
  })

  it('count a published QR as tracked until it is cleared', async () => {
    await world.shown()
    expect(stats().qr).toEqual({ pendingQR: 0, trackedSessions: 1 })
    await world.wait(60_000)
    expect(stats().qr).toEqual({ pendingQR: 0, trackedSessions: 0 })
  })

  it('count a running publication as pending', async () => {
    world.laravel.onPublish = () => new Promise(() => {})
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 60_000)
    await world.settle()
    expect(stats().qr).toEqual({ pendingQR: 1, trackedSessions: 0 })
  })
})

describe('A chat', () => {
  it('is one under all names of who it is with', async () => {
    const { owner } = await world.linked('open')
    const [number, lid] = ['34611111111@s.whatsapp.net', '900@lid']
    const byLid = incoming('B', '34611111111', { chat_id: lid })
    await owner.received([incoming('A'), { ...byLid, dedupeKey: `${lid}||false|B` }])
    const [{ streamId }] = [owner]
    const person = { chatId: lid, lid, number, username: null, names: [lid, number], learntAt: 1 }
    await world.store.commit({ streamId, epoch: owner.epoch, people: [person] })
    for (const name of [number, lid]) {
      const { chatId, messages } = await world.queries.chat('open', name, null, 9)
      expect(chatId).toBe(lid)
      expect(messages.map(({ message }) => [message.message_id, message.chat_id])).toEqual([
        ['B', lid],
        ['A', lid],
      ])
    }
  })

  it('has what was sent beside what arrived, newest first, in one shape', async () => {
    const { owner } = await world.linked('open')
    const one = incoming('A', '34611111111', { body: 'one' })
    await owner.received([one])
    void world.commands.send('open', text('34611111111', 'two'), world.clock.now())
    await world.settle()
    const { messages, next } = await world.queries.chat('open', one.message.chat_id, null, 2)
    expect(messages.map(({ message, status }) => [message.body, message.from_me, status])).toEqual([
      ['two', true, expect.stringMatching(/queued|transmitted/)],
      ['one', false, 'received'],
    ])
    expect(Object.keys(messages[0]!.message).toSorted()).toEqual(Object.keys(messages[1]!.message).toSorted())
    expect(next).toBe(messages[1]!.seq)
    expect(await world.queries.chat('open', one.message.chat_id, messages[1]!.seq, 9)).toEqual({
      chatId: one.message.chat_id,
      owner: { userId: 7, metadata: null },
      messages: [],
      next: null,
    })
  })
})
