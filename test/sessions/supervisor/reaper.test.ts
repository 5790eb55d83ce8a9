import { afterEach, describe, expect, it } from 'vitest'
import type { MediaSource } from '../../../src/messages/message-ref.ts'
import type { SendMedia } from '../../../src/messages/send.ts'
import { incoming } from '../fakes.ts'
import { ANA, bodies, EVA, sendingIn } from '../sending/sending.ts'
import { World, type WorldOptions } from '../world.ts'

const MINUTE = 60_000

let world: World
afterEach(() => world.end())
const { send, sendPicture, ack, message } = sendingIn(() => world)

const begin = async (options: WorldOptions) => {
  world = await World.start(options)
  const socket = await world.linked()
  await world.deliverStatus()
  return socket
}
const unsent = () => world.stored.messages.unsent(world.entry().actor.streamId)
const go = async (sending: Promise<unknown>) => {
  sending.catch(() => {})
  await world.settle()
}

const isIdle = () => world.state() === 'reconnecting.hibernated' || world.context().intent === 'delete'

describe.each(['hibernate', 'delete'] as const)('With IDLE_POLICY=%s, a session', policy => {
  it('is not idle while sends wait for their turn, and is once all are acked', async () => {
    const socket = await begin({ policy, sendPerMinute: 1, sendMaxAgeMs: 180 * MINUTE })
    socket.onSend = async id => void world.clock.setTimeout(() => ack(socket, id), 100)
    for (let n = 0; n < 60; n++) await go(send(n % 2 ? ANA : EVA, `${n}`))
    await world.wait(59 * MINUTE + 1000)
    expect([world.state(), socket.sent.length, unsent()]).toEqual(['open.settled', 60, []])
    await world.wait(2 * MINUTE)
    expect(isIdle()).toBe(true)
  })

  it('is not idle while a send has no ack, until nobody waits for it any more', async () => {
    const socket = await begin({ policy, sendMaxAgeMs: 60 * MINUTE })
    await go(send())
    await world.wait(59 * MINUTE)
    expect(world.state()).toBe('open.settled')
    await world.wait(3 * MINUTE)
    expect([message(socket.sent[0]!.messageId).status, isIdle()]).toEqual(['unknown', true])
  })

  it('is not idle while what WhatsApp refused for its pace waits', async () => {
    const socket = await begin({ policy, sendMaxAgeMs: 180 * MINUTE })
    await go(send())
    const { messageId } = socket.sent[0]!
    const refusal = { messageId, at: world.clock.now(), code: '429', error: 'Slow.', backoff: 50 * MINUTE }
    socket.owner.updated({ ...refusal, status: 'failed' })
    await world.wait(49 * MINUTE)
    expect([world.state(), bodies(socket)]).toEqual(['open.settled', ['hello']])
    await world.wait(5 * MINUTE)
    expect(bodies(socket)).toEqual(['hello', 'hello'])
    ack(socket, messageId)
    await world.wait(2 * MINUTE)
    expect(isIdle()).toBe(true)
  })

  it('is not idle while the file of a send is fetched', async () => {
    const socket = await begin({ policy, sendMaxAgeMs: 180 * MINUTE })
    const fetched = Promise.withResolvers<SendMedia>()
    world.prepare = () => fetched.promise
    await go(sendPicture('slow'))
    await world.wait(45 * MINUTE)
    expect(world.state()).toBe('open.settled')
    fetched.resolve({ ready: true } as SendMedia)
    await world.settle()
    expect(bodies(socket)).toEqual(['slow'])
  })

  it('is not idle while the file of a message is fetched', async () => {
    const socket = await begin({ policy })
    const media: MediaSource = {
      id: 'ab'.repeat(32),
      kind: 'image',
      directPath: '/f',
      host: null,
      mediaKey: 'k',
      encryptedId: 'cd'.repeat(32),
      size: 1,
    }
    await socket.owner.received([{ ...incoming('A'), media }])
    const { streamId } = world.entry().actor
    const [download] = world.stored.downloads.due(streamId, world.clock.now(), 9)
    const head = world.stored.deliveries.head(`${streamId}|${ANA}@s.whatsapp.net`)!
    await world.store.deliveries.settle(head.id, { done: true })
    await world.wait(45 * MINUTE)
    expect(world.state()).toBe('open.settled')
    await world.store.downloads.settle(streamId, download!.seq, { done: true })
    await world.wait(2 * MINUTE)
    expect(isIdle()).toBe(true)
  })
})

it('With IDLE_POLICY=delete, a session lives until Laravel has its messages, or they are dead letters', async () => {
  const socket = await begin({ policy: 'delete' })
  await socket.owner.received([incoming('A')])
  await world.wait(45 * MINUTE)
  expect(world.state()).toBe('open.settled')
  const head = world.stored.deliveries.head(`${world.entry().actor.streamId}|${ANA}@s.whatsapp.net`)!
  await world.store.deliveries.settle(head.id, { dead: true, at: world.clock.now(), error: 'HTTP 500' })
  await world.wait(2 * MINUTE)
  expect(isIdle()).toBe(true)
})

it('A round gives up overdue sends, also when a thousand of a session that does not run come first', async () => {
  await begin({ sendMaxAgeMs: 10 * MINUTE })
  const at = world.clock.now()
  const insert = (seq: number, id: string) => ({
    insert: {
      ...{
        messageId: id,
        chatId: `${ANA}@s.whatsapp.net`,
        direction: 'out' as const,
        dedupeKey: `out|${id}`,
      },
      ...{ content: { type: 'text' as const, to: 'x', body: '', reply_to: null }, status: 'queued' as const },
      ...{ seq, at },
    },
  })
  // First in the order of streams, and no session of this process.
  const snapshot = { state: 'open.settled', context: '{}', machineVersion: '1' }
  const created = { seq: 1, at, type: 'session.created', data: {}, snapshot }
  const streamId = '!'
  await world.store.commit({
    streamId,
    epoch: 1,
    create: { sessionId: 'bad', userId: 1, at },
    events: [created],
  })
  const ids = Array.from({ length: 1500 }, (_, n) => insert(n + 2, `bad-${n}`))
  await world.store.commit({ streamId, epoch: 1, messages: ids })
  world.whatsapp.socketOf('s1').onSend = () => Promise.withResolvers<void>().promise
  const socket = world.whatsapp.socketOf('s1')
  await go(send(ANA, 'in hand'))
  await go(send(ANA, 'behind'))
  expect(bodies(socket)).toEqual(['in hand'])
  await world.wait(13 * MINUTE)
  expect(unsent().map(({ messageId }) => messageId)).toEqual([socket.sent[0]!.messageId])
  await world.store.commit({ streamId, epoch: 1, erase: 'stream' })
})
