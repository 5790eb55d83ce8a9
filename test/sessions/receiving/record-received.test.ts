import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noticeKey } from '../../../src/messages/message-ref.ts'
import type { ReceivedMessage } from '../../../src/ports/whatsapp.ts'
import { type FakeSocket, incoming, text } from '../fakes.ts'
import { World } from '../world.ts'

let world: World
let socket: FakeSocket
beforeEach(async () => {
  world = await World.start()
  socket = await world.linked()
})
afterEach(() => world.end())

const streamId = () => world.entry().actor.streamId
/** A message that came through the ratchet: its inbox row is written first, as decrypt-once does. */
const decrypted = async (id: string, hash: string, more: Partial<ReceivedMessage['message']> = {}) => {
  await world.store.commit({
    streamId: streamId(),
    epoch: world.entry().actor.epoch,
    inbox: [{ put: { hash, plaintext: new Uint8Array([1]), stanza: '{}', at: world.clock.now() } }],
  })
  return { ...incoming(id, undefined, more), inboxHash: hash }
}
const unfinished = () => world.stored.keys.unfinished(streamId()).map(({ hash }) => hash)
const received = () =>
  world
    .rows()
    .filter(({ type }) => type === 'message.received')
    .map(({ data }) => data.messageId)
const deliveries = () =>
  world.disk.committed.flatMap(({ deliveries = [] }) => deliveries).filter(({ kind }) => kind === 'messages')

describe('A received message', () => {
  it('is stored as a fact, a row and a delivery in its chat lane, and leaves the inbox, all in one commit', async () => {
    const message = await decrypted('m1', 'h1')
    const before = world.disk.committed.length
    await socket.owner.received([message])
    const writes = world.disk.committed.slice(before)
    expect(writes).toHaveLength(1)
    const [write] = writes
    const seq = world.rows().length
    expect(write).toMatchObject({
      events: [{ seq, type: 'message.received', data: { messageId: 'm1' }, snapshot: null }],
      messages: [{ insert: { messageId: 'm1', direction: 'in', status: 'received', seq } }],
      inbox: [{ done: 'h1' }],
      lastActivity: world.clock.now(),
    })
    expect(write!.deliveries).toEqual([
      {
        webhookId: `${streamId()}.${seq}.messages`,
        kind: 'messages',
        lane: `${streamId()}|34611111111@s.whatsapp.net`,
        sessionId: 's1',
        seq,
        at: world.clock.now(),
        payload: null,
      },
    ])
    expect(unfinished()).toEqual([])
    expect(world.wokenLanes.at(-1)).toBe(`${streamId()}|34611111111@s.whatsapp.net`)
    expect(world.stored.deliveries.head(write!.deliveries![0]!.lane)!.payload).toMatchObject({
      session_id: 's1',
      message_id: 'm1',
      body: 'body of m1',
    })
  })

  it('takes the place of the notice of it that was told before; no notice of it is told after', async () => {
    const seen = incoming('m1', undefined, { view_once: true })
    const notice = { ...seen, dedupeKey: noticeKey(seen.dedupeKey), noticeOf: seen.dedupeKey }
    await socket.owner.received([notice])
    await socket.owner.received([seen])
    await socket.owner.received([{ ...notice, dedupeKey: 'the notice again' }])
    const lane = `${streamId()}|34611111111@s.whatsapp.net`
    const told = []
    for (let head = world.stored.deliveries.head(lane); head; head = world.stored.deliveries.head(lane)) {
      told.push([head.payload.message_id, head.payload.replaces])
      await world.store.deliveries.settle(head.id, { done: true })
    }
    expect(told).toEqual([
      ['m1', undefined],
      ['m1', 'm1'],
    ])
  })

  it('is stored in every state, because WhatsApp has had its ack', async () => {
    for (const [i, ask] of (['logout.requested', 'delete.requested'] as const).entries()) {
      world.entry().actor.tell({ type: ask })
      await socket.owner.received([incoming(`m${i}`)])
    }
    world.entry().actor.tell({ type: 'crashes.exceeded', error: 'x' })
    await socket.owner.received([incoming('late')])
    expect(received()).toEqual(['m0', 'm1', 'late'])
  })

  it('has no delivery without LARAVEL_URL', async () => {
    await world.end()
    world = await World.start({ tellLaravel: false })
    socket = await world.linked()
    await socket.owner.received([incoming('m1')])
    expect(received()).toEqual(['m1'])
    expect(world.stored.deliveries.counts()).toEqual({ pending: 0, dead: 0 })
    expect(world.statuses()).toEqual([])
  })
})

describe('A message that comes again', () => {
  it('after it is stored only ends its new inbox row', async () => {
    await socket.owner.received([await decrypted('m1', 'h1')])
    const { length } = world.rows()
    await socket.owner.received([await decrypted('m1', 'h2')])
    expect(world.rows()).toHaveLength(length)
    expect([unfinished(), deliveries().length]).toEqual([[], 1])
    await socket.owner.received([incoming('m1')])
    expect(received()).toEqual(['m1'])
  })

  it('in the same batch is stored once', async () => {
    await socket.owner.received([
      await decrypted('m1', 'h1'),
      await decrypted('m2', 'h2'),
      await decrypted('m1', 'h3'),
    ])
    expect([received(), unfinished(), deliveries().length]).toEqual([['m1', 'm2'], [], 2])
  })

  it('in a later batch, before the first is durable, is stored once', async () => {
    const first = await decrypted('m1', 'h1')
    const second = await decrypted('m1', 'h2')
    const third = await decrypted('m2', 'h3')
    world.disk.holdWrites()
    const done: string[] = []
    const batches = [
      socket.owner.received([first]).then(() => done.push('first')),
      socket.owner.received([second, third]).then(() => done.push('second')),
      socket.owner.received([incoming('m1')]).then(() => done.push('copy without inbox row')),
    ]
    await world.settle()
    expect(done).toEqual([])
    world.disk.releaseWrites()
    await Promise.all(batches)
    expect([received(), unfinished(), deliveries().length]).toEqual([['m1', 'm2'], [], 2])
    expect(world.entry().actor.arriving.size).toBe(0)
  })

  it('under the same id from another chat is another message', async () => {
    await socket.owner.received([incoming('m1', '34611111111'), incoming('m1', '34622222222')])
    expect(received()).toEqual(['m1', 'm1'])
  })

  it('after its commit failed is stored', async () => {
    world.disk.failWrites()
    const failed = socket.owner.received([incoming('m1')])
    await expect(failed).rejects.toMatchObject({ code: 'STORE_FAILED' })
    world.disk.repair()
    await world.wait(2000)
    const next = await world.openSocket()
    await next.owner.received([incoming('m1')])
    expect(received()).toEqual(['m1'])
  })
})

describe('A message from the own account', () => {
  it('is dropped as an echo when the API sent it, and its inbox row ends', async () => {
    const sending = world.commands.send('s1', text('34622222222'), world.clock.now())
    await world.wait(0)
    const { messageId } = await sending
    await socket.owner.received([await decrypted(messageId, 'h1', { from_me: true })])
    expect([received(), unfinished()]).toEqual([[], []])
  })

  it('is stored when the phone sent it', async () => {
    await socket.owner.received([incoming('FROMPHONE', undefined, { from_me: true })])
    expect(received()).toEqual(['FROMPHONE'])
  })

  it('is no echo when a contact uses one of our ids', async () => {
    const sending = world.commands.send('s1', text('34622222222'), world.clock.now())
    await world.wait(0)
    const { messageId } = await sending
    await socket.owner.received([incoming(messageId)])
    expect(received()).toEqual([messageId])
  })
})

describe('After a crash, the session', () => {
  it('stores messages that were decrypted but not logged before it goes on', async () => {
    const rescued = await decrypted('m1', 'h1')
    const stream = streamId()
    world.kill()
    await world.boot(({ whatsapp }) => {
      whatsapp.unfinished = { [stream]: [rescued] }
    })
    expect(world.factTypes().slice(-2)).toEqual(['message.received', 'session.resumed'])
    expect(unfinished()).toEqual([])
    expect(deliveries()).toHaveLength(1)
  })

  it('crashes alone when such a message cannot be rebuilt, and goes on', async () => {
    await world.linked('other')
    world.kill()
    await world.boot(({ whatsapp, stored }) => {
      const { streamId } = stored.sessions.find('s1')!
      const { recover } = whatsapp
      whatsapp.recover = async id => {
        if (id === streamId) throw new TypeError('secret text')
        return recover.call(whatsapp, id)
      }
    })
    expect(world.state('other')).toBe('starting.connecting')
    expect(world.entry().actor.ended).toBe(false)
    await world.wait(300_000)
    expect(world.state()).toMatch(/^(starting|reconnecting)/)
  })
})

describe('A history message', () => {
  const imported = (id: string, more: Partial<ReceivedMessage['message']> = {}): ReceivedMessage => ({
    ...incoming(id, undefined, more),
    imported: true,
  })
  const types = (id: string) =>
    world
      .rows()
      .filter(({ data }) => data.messageId === id)
      .map(({ type }) => type)

  it('is stored without a delivery, and is no activity', async () => {
    const before = world.disk.committed.length
    await socket.owner.received([imported('h1'), imported('h2')])
    const writes = world.disk.committed.slice(before)
    expect(writes).toHaveLength(1)
    expect(writes[0]!.lastActivity).toBeUndefined()
    expect(writes[0]!.deliveries ?? []).toEqual([])
    expect(writes[0]!.events!.map(({ type }) => type)).toEqual(['message.imported', 'message.imported'])
    const inserted = writes[0]!.messages!.map(row => 'insert' in row && row.insert.dedupeKey)
    expect(inserted).toEqual([`history|${imported('h1').dedupeKey}`, `history|${imported('h2').dedupeKey}`])
    expect(world.stored.messages.find(streamId(), 'h1')!.content).toMatchObject({ body: 'body of h1' })
  })

  it('never makes a newly received message a known one', async () => {
    await socket.owner.received([imported('m1')])
    await socket.owner.received([incoming('m1')])
    expect(types('m1')).toEqual(['message.imported', 'message.received'])
    expect(deliveries()).toHaveLength(1)
  })

  it('is not stored again when it was imported, received or sent before', async () => {
    await socket.owner.received([imported('m1'), imported('m1')])
    await socket.owner.received([incoming('m2')])
    const sending = world.commands.send('s1', text('34622222222'), world.clock.now())
    await world.wait(0)
    const sent = await sending
    const before = world.rows().length
    await Promise.all([
      socket.owner.received([imported('m1')]),
      socket.owner.received([imported('m2')]),
      socket.owner.received([imported(sent.messageId, { from_me: true })]),
      socket.owner.received([imported('m3')]),
      socket.owner.received([imported('m3')]),
    ])
    const added = world.rows().slice(before)
    expect(added.filter(({ type }) => type === 'message.imported').map(({ data }) => data.messageId)).toEqual(
      ['m3'],
    )
    expect(types('m1')).toEqual(['message.imported'])
    expect(types('m2')).toEqual(['message.received'])
  })

  it('in one batch with received messages does not change those', async () => {
    await socket.owner.received([imported('old'), incoming('new'), imported('new')])
    expect(types('old')).toEqual(['message.imported'])
    expect(types('new')).toEqual(['message.received'])
    expect(deliveries().map(({ seq }) => seq)).toEqual([world.rows().at(-1)!.seq])
  })
})

describe('Copies of a message, while the store is asked for the first', () => {
  it('are one message, one delivery, and all their rows leave the inbox', async () => {
    const copies = [await decrypted('m1', 'h1'), await decrypted('m1', 'h2'), await decrypted('m1', 'h3')]
    world.disk.holdReads()
    const kept = copies.map(copy => socket.owner.received([copy]))
    await world.settle()
    expect(unfinished()).toEqual(['h1', 'h2', 'h3'])
    world.disk.releaseReads()
    await Promise.all(kept)
    expect([received(), deliveries().length, unfinished()]).toEqual([['m1'], 1, []])
  })

  it('leave the inbox behind the message, which would be lost if they came before it', async () => {
    const copies = [await decrypted('m1', 'h1'), await decrypted('m1', 'h2')]
    const before = world.disk.committed.length
    await Promise.all(copies.map(copy => socket.owner.received([copy])))
    const done = world.disk.committed
      .slice(before)
      .map(({ inbox, messages }) => [messages?.length ?? 0, inbox])
    expect(done).toEqual([
      [1, [{ done: 'h1' }]],
      [0, [{ done: 'h2' }]],
    ])
  })
})
