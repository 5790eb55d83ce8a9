import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deferred, text } from '../fakes.ts'
import { closedAs, World } from '../world.ts'
import { ANA, bodies, sendingIn } from './sending.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => {
  world.disk.releaseReads()
  return world.end()
})

const { ack, message, facts, send, disconnect, reconnect } = sendingIn(() => world)

/** The next question of this kind is answered when the test says so, with what was stored when it was asked. */
function hold(question: 'unsent' | 'find'): () => void {
  const { promise: released, resolve: release } = deferred()
  const { messages } = world.store
  const ask = messages[question] as (...given: unknown[]) => Promise<unknown>
  messages[question] = (async (...given: unknown[]) => {
    messages[question] = ask as never
    const found = await ask(...given)
    await released
    return found
  }) as never
  return release
}

describe('A send, while the store is asked', () => {
  it('is refused, and stored nowhere, if its session is logged out meanwhile', async () => {
    const socket = await world.linked()
    const { promise: released, resolve: release } = deferred()
    const { people } = world.store
    const find = people.find.bind(people)
    people.find = async (...name) => {
      await released
      return find(...name)
    }
    const sent = send()
    sent.catch(() => {})
    await world.settle()
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    release()
    await expect(sent).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED' })
    expect(world.stored.messages.unsent(world.entry().actor.streamId)).toEqual([])
  })

  it('is the only one under its key', async () => {
    const socket = await world.linked()
    world.disk.holdReads()
    const once = () => world.commands.send('s1', text(ANA, 'hello'), world.clock.now() + 4000, 'k')
    const first = once()
    await expect(once()).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_FLIGHT' })
    world.disk.releaseReads()
    await world.settle()
    ack(socket, socket.sent[0]!.messageId)
    expect(await first).toMatchObject({ status: 'sent' })
    expect(bodies(socket)).toEqual(['hello'])
  })

  it('leaves once, behind what waited, if a new socket is just taking that up', async () => {
    await disconnect(await world.linked())
    void send(ANA, 'waited')
    await world.settle()
    const release = hold('unsent')
    const socket = await reconnect()
    void send(ANA, 'meanwhile')
    await world.settle()
    expect(bodies(socket)).toEqual([])
    release()
    await world.settle()
    expect(bodies(socket)).toEqual(['waited', 'meanwhile'])
    await world.wait(60_000)
    expect(bodies(socket)).toEqual(['waited', 'meanwhile'])
  })

  it('is taken up by the socket that is there when the store has answered', async () => {
    await disconnect(await world.linked())
    void send(ANA, 'waited')
    await world.settle()
    const release = hold('unsent')
    const first = await reconnect()
    await disconnect(first)
    const second = await reconnect()
    release()
    await world.settle()
    expect([bodies(first), bodies(second)]).toEqual([[], ['waited']])
  })
})

describe('What WhatsApp says of a send of an earlier life, while the store is asked for it', () => {
  it('is kept in its order', async () => {
    const socket = await world.linked()
    void send(ANA, 'hello')
    await world.settle()
    const { messageId } = socket.sent[0]!
    world.kill()
    await world.boot()
    const { owner } = await world.openSocket()
    const release = hold('find')
    const at = world.clock.now()
    const told = (['sent', 'delivered'] as const).map(status => owner.updated({ messageId, status, at }))
    await world.settle()
    release()
    await Promise.all(told)
    expect(message(messageId).status).toBe('delivered')
    expect(facts(messageId).slice(-2)).toEqual(['sent', 'delivered'])
  })

  it('wins over the time that was up for it', async () => {
    const socket = await world.linked()
    void send(ANA, 'hello')
    await world.settle()
    const { messageId } = socket.sent[0]!
    const release = hold('find')
    const expired = world.entry().outbox.expire(messageId)
    await ack(socket, messageId)
    release()
    await expired
    await world.settle()
    expect(message(messageId).status).toBe('sent')
    expect(facts(messageId)).not.toContain('unknown')
  })
})
