import { afterEach, describe, expect, it } from 'vitest'
import { incoming } from '../fakes.ts'
import { World } from '../world.ts'
import { ANA, bodies, EVA, sendingIn } from './sending.ts'

let world: World
afterEach(() => world.end())
const { send, ack, message, disconnect, reconnect } = sendingIn(() => world)

describe('A send whose row is torn', () => {
  it.each([
    'content = \'{"body":"on\'',
    "content = '[]'",
    "history = '[{'",
  ])('(%s) keeps neither its session nor what comes after it from going', async damage => {
    world = await World.start()
    const first = await world.linked()
    await disconnect(first)
    const sends = [send(ANA, 'one', 0), send(ANA, 'two', 0), send(EVA, 'three', 0)]
    await world.wait(10)
    const { messageId } = (await Promise.all(sends))[0]!
    world.disk.damage(`UPDATE messages SET ${damage} WHERE message_id = ?`, messageId)
    const socket = await reconnect()
    for (const one of socket.sent) ack(socket, one.messageId)
    await world.settle()
    expect([world.state(), world.factTypes().includes('session.crashed')]).toEqual(['open.settling', false])
    const readable = damage.startsWith('history')
    expect(bodies(socket).sort()).toEqual(readable ? ['one', 'three', 'two'] : ['three', 'two'])
    expect(message(messageId)).toMatchObject(
      readable
        ? { status: 'sent', error: null, history: [{ status: 'transmitted' }, { status: 'sent' }] }
        : { status: 'failed', error: expect.stringMatching(/^SEND_FAILED: .*cannot be read/) },
    )
    expect((await world.queries.chat('s1', `${ANA}@s.whatsapp.net`, null, 10)).messages).toHaveLength(2)
    expect(world.stored.messages.hasUnsent(world.entry().actor.streamId)).toBe(false)
  })
})

describe('A received message whose row is torn', () => {
  it('is shown as unsupported, among the others of its chat', async () => {
    world = await World.start()
    const socket = await world.linked()
    await socket.owner.received(['M1', 'M2'].map(id => incoming(id)))
    world.disk.damage("UPDATE messages SET content = '{' WHERE message_id = 'M1'")
    const { messages } = await world.queries.chat('s1', incoming('M1').message.chat_id, null, 10)
    expect(messages.map(({ message: { message_id, type } }) => [message_id, type])).toEqual([
      ['M2', 'text'],
      ['M1', 'unsupported'],
    ])
  })
})
