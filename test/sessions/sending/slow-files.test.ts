import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import type { SendMedia } from '../../../src/messages/send.ts'
import { closedAs, World, type WorldOptions } from '../world.ts'
import { ANA, bodies, EVA, sendingIn } from './sending.ts'

let world: World
/** Fetches that hang, by the caption of their picture, each as often as it was asked for. */
let fetches: Map<string, PromiseWithResolvers<SendMedia>[]>

const begin = async (options: WorldOptions = {}) => {
  world = await World.start(options)
  fetches = new Map()
  world.prepare = async ({ caption, media }) => {
    const fetched = Promise.withResolvers<SendMedia>()
    fetches.set(caption!, [...(fetches.get(caption!) ?? []), fetched])
    return { ...media, ...(await fetched.promise), ready: true }
  }
}
beforeEach(() => begin())
afterEach(() => world.end())

const { send, sendPicture, ack, message, disconnect, reconnect } = sendingIn(() => world)

const go = async (sending: Promise<unknown>) => {
  sending.catch(() => {})
  await world.settle()
}
const fileReady = async (caption: string) => {
  for (const { resolve } of fetches.get(caption) ?? []) resolve({ id: caption } as SendMedia)
  await world.settle()
}
const fileFails = async (caption: string) => {
  for (const { reject } of fetches.get(caption) ?? [])
    reject(new GatewayError('MEDIA_UNREACHABLE', 'Nobody answers there.'))
  await world.settle()
}
const unsent = () => world.stored.messages.unsent(world.entry().actor.streamId)
const idOf = (words: string) =>
  world
    .rows()
    .filter(({ type }) => type === 'message.queued')
    .map(({ data }) => String(data.messageId))
    .find(id => {
      const { content } = message(id)
      return (
        ('caption' in content && content.caption === words) || ('body' in content && content.body === words)
      )
    })!

describe('A file that is being fetched while the connection is lost and comes back', () => {
  it('goes out on the new connection, before what follows in its chat', async () => {
    const socket = await world.linked()
    await go(sendPicture('slow'))
    await go(send(ANA, 'before'))
    await disconnect(socket)
    await go(send(ANA, 'while away'))
    const next = await reconnect()
    await go(send(ANA, 'after'))
    await go(send(EVA, 'another chat'))
    expect(bodies(next)).toEqual(['another chat'])
    await fileReady('slow')
    expect(bodies(next).slice(1)).toEqual(['slow', 'before', 'while away', 'after'])
    expect(fetches.get('slow')).toHaveLength(1)
  })

  it('goes out when a later connection comes, if it was ready while there was none', async () => {
    const socket = await world.linked()
    await go(sendPicture('slow'))
    await go(send(ANA, 'text'))
    await disconnect(socket)
    await fileReady('slow')
    expect(bodies(await reconnect())).toEqual(['slow', 'text'])
  })

  it('survives any number of connections', async () => {
    let socket = await world.linked()
    await go(sendPicture('slow'))
    for (let n = 0; n < 4; n++) {
      await go(send(ANA, `${n}`))
      await disconnect(socket)
      socket = await reconnect()
    }
    expect(bodies(socket)).toEqual([])
    await fileReady('slow')
    expect(bodies(socket)).toEqual(['slow', '0', '1', '2', '3'])
    for (const { messageId } of socket.sent) ack(socket, messageId)
    await world.settle()
    expect(unsent()).toEqual([])
  })

  it('lets nothing overtake what had left without an ack before it', async () => {
    const socket = await world.linked()
    await go(send(ANA, 'left'))
    await go(sendPicture('slow'))
    await disconnect(socket)
    const next = await reconnect()
    expect(bodies(next)).toEqual(['left'])
    await fileReady('slow')
    expect(bodies(next)).toEqual(['left', 'slow'])
  })

  it('goes out after the process was killed meanwhile', async () => {
    await world.linked()
    await go(sendPicture('slow'))
    await go(send(ANA, 'text'))
    world.kill()
    await world.boot()
    const next = await world.openSocket()
    expect(bodies(next)).toEqual([])
    await fileReady('slow')
    expect(bodies(next)).toEqual(['slow', 'text'])
  })

  it('never goes out on another link of the session', async () => {
    const socket = await world.linked()
    await go(sendPicture('slow'))
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    const fresh = await world.openSocket()
    await fileReady('slow')
    await go(send(ANA, 'fresh'))
    expect(bodies(fresh)).toEqual(['fresh'])
    expect(message(idOf('slow')).status).toBe('failed')
  })
})

describe('A file that cannot be fetched', () => {
  it('fails once, and is not tried again when its turn comes', async () => {
    const socket = await world.linked()
    await go(sendPicture('slow'))
    await go(sendPicture('bad'))
    await go(send(ANA, 'text'))
    await fileFails('bad')
    expect(message(idOf('bad'))).toMatchObject({ status: 'failed', error: /^MEDIA_UNREACHABLE/ })
    await fileReady('slow')
    expect(fetches.get('bad')).toHaveLength(1)
    expect(bodies(socket)).toEqual(['slow', 'text'])
  })

  it('lets what waits for it go', async () => {
    const socket = await world.linked()
    await go(sendPicture('bad'))
    await go(send(ANA, 'text'))
    await fileFails('bad')
    expect(bodies(socket)).toEqual(['text'])
  })
})

describe('At SEND_MAX_AGE_MS', () => {
  it('a file that is still fetched fails, and what follows it in its chat goes', async () => {
    await world.end()
    await begin({ sendMaxAgeMs: 120_000 })
    const socket = await world.linked()
    await go(sendPicture('slow'))
    await world.wait(100_000)
    await go(send(ANA, 'younger'))
    await world.wait(90_000)
    expect(message(idOf('slow'))).toMatchObject({ status: 'failed', error: /^EXPIRED/ })
    expect(bodies(socket)).toEqual(['younger'])
    await fileReady('slow')
    expect(bodies(socket)).toEqual(['younger'])
    expect(message(idOf('slow')).status).toBe('failed')
  })
})
