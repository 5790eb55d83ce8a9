import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeSocket, incoming, text } from '../fakes.ts'
import { closedAs, World } from '../world.ts'
import { ANA, bodies, EVA, sendingIn } from './sending.ts'

const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await World.start({ sendMaxAgeMs: 10 * MINUTE, policy: 'hibernate' })
})
afterEach(() => world.end())

const { ack, message, disconnect } = sendingIn(() => world)

const once = (key: string, to = ANA) => world.commands.send('s1', text(to, key), world.clock.now() + 100, key)
const go = async (key: string, to = ANA) => {
  once(key, to).catch(() => {})
  await world.settle()
}
const refuse = async (socket: FakeSocket, messageId: string, code: string, backoff?: number) => {
  const about = { messageId, at: world.clock.now(), code, error: 'Because.', ...(backoff && { backoff }) }
  socket.owner.updated({ ...about, status: 'failed' })
  await world.settle()
}
const restart = async () => {
  world.kill()
  await world.boot()
  if (world.state() === 'reconnecting.waiting') await world.waitForRetry()
  return world.openSocket()
}
/** What a repeat with the same key is told. */
const outcomeOf = (key: string, to = ANA) =>
  once(key, to).then(
    ({ status }) => status,
    (error: Error) => error.message,
  )

describe('At SEND_MAX_AGE_MS a send that waits fails with its reason, and a repeat is told so,', () => {
  it('while WhatsApp wants nothing sent', async () => {
    const socket = await world.linked()
    await go('refused')
    await refuse(socket, socket.sent[0]!.messageId, '429', 60 * MINUTE)
    await world.wait(MINUTE)
    await go('behind it')
    await go('another chat', EVA)
    await world.wait(8 * MINUTE)
    expect(await outcomeOf('behind it')).toBe('queued')
    await world.wait(4 * MINUTE)
    expect(await outcomeOf('refused')).toMatch(/429.*Because/)
    expect(await outcomeOf('behind it')).toMatch(/SEND_MAX_AGE_MS/)
    expect(await outcomeOf('another chat', EVA)).toMatch(/SEND_MAX_AGE_MS/)
    await world.wait(60 * MINUTE)
    expect(bodies(socket)).toEqual(['refused'])
  })

  it('while WhatsApp wants nothing sent, after a restart', async () => {
    const socket = await world.linked()
    await go('refused')
    await refuse(socket, socket.sent[0]!.messageId, '429', 60 * MINUTE)
    await go('behind it')
    const next = await restart()
    await world.wait(12 * MINUTE)
    expect(await outcomeOf('refused')).toMatch(/429.*Because/)
    expect(await outcomeOf('behind it')).toMatch(/SEND_MAX_AGE_MS/)
    expect(bodies(next)).toEqual([])
  })

  it('while the session is suspended', async () => {
    await disconnect(await world.linked())
    await go('waits')
    await world.waitForRetry()
    world.whatsapp.socketOf('s1').report(closedAs('suspend', 'replaced'))
    await world.settle()
    expect(world.state()).toMatch(/^reconnecting\.suspended/)
    expect(await outcomeOf('waits')).toBe('queued')
    await world.wait(12 * MINUTE)
    expect(await outcomeOf('waits')).toMatch(/SEND_MAX_AGE_MS/)
  })

  it('while no connection comes, before and after a restart', async () => {
    const socket = await world.linked()
    await go('left')
    await disconnect(socket)
    await go('waits')
    world.whatsapp.onOpen = one => one.report(closedAs('backoff'))
    await world.wait(5 * MINUTE)
    world.kill()
    await world.boot(({ whatsapp }) => {
      whatsapp.onOpen = one => one.report(closedAs('backoff'))
    })
    await world.wait(7 * MINUTE)
    expect(await outcomeOf('waits')).toMatch(/SEND_MAX_AGE_MS/)
    expect(await outcomeOf('left')).toBe('unknown')
  })

  it('while a session that was woken for it finds no connection', async () => {
    await world.linked()
    await world.wait(32 * MINUTE)
    expect(world.state()).toBe('reconnecting.hibernated')
    world.whatsapp.onOpen = one => one.report(closedAs('backoff'))
    await go('waits')
    await world.wait(12 * MINUTE)
    expect(await outcomeOf('waits')).toMatch(/SEND_MAX_AGE_MS/)
  })
})

describe('A restart in mid-pause', () => {
  it('keeps the order of each chat, with what WhatsApp refused at its place', async () => {
    const socket = await world.linked()
    for (const key of ['a1', 'a2']) await go(key)
    await refuse(socket, socket.sent[0]!.messageId, '429', MINUTE)
    await refuse(socket, socket.sent[1]!.messageId, '429', MINUTE)
    await go('e1', EVA)
    await go('a3')
    const next = await restart()
    await go('a4')
    await go('e2', EVA)
    await world.wait(MINUTE / 2)
    expect(bodies(next)).toEqual([])
    for (let n = 0; n < 8; n++) {
      await world.wait(MINUTE)
      for (const { messageId } of next.sent) ack(next, messageId)
    }
    expect(bodies(next).filter(body => body?.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4'])
    expect(bodies(next).filter(body => body?.startsWith('e'))).toEqual(['e1', 'e2'])
  })

  it('goes on with answers to those who wrote while nobody new may be written to', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('Q', EVA)])
    await go('to a stranger')
    await refuse(socket, socket.sent[0]!.messageId, '463')
    await disconnect(socket)
    for (const key of ['e1', 'e2']) await go(key, EVA)
    const next = await restart()
    await go('e3', EVA)
    await world.settle()
    expect(bodies(next)).toEqual(['e1', 'e2', 'e3'])
    expect(await outcomeOf('to a stranger')).toMatch(/463/)
    await expect(once('another', '34633333333')).rejects.toMatchObject({ code: 'NEW_CHATS_PAUSED' })
    expect(message(next.sent[0]!.messageId).status).toBe('transmitted')
  })
})
