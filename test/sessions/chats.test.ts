import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryRow } from '../../src/ports/delivery-table.ts'
import { openSocketOf } from '../../src/sessions/open-socket.ts'
import { ReadMarks } from '../../src/sessions/receiving/read-marks.ts'
import { type FakeSocket, incoming, text } from './fakes.ts'
import { closedAs, World } from './world.ts'

let world: World
let socket: FakeSocket
beforeEach(async () => {
  world = await World.start()
  socket = await world.linked()
})
afterEach(() => world.end())

const GROUP = {
  chat_id: '120363000000000001@g.us',
  participant: '34611111111@s.whatsapp.net',
  is_group: true,
}
const actions = {
  lookup: (id = 's1') => world.commands.lookup(id, '34600000002'),
  markRead: (id = 's1') => world.commands.markRead(id, ['A']),
  showPresence: (id = 's1') => world.commands.showPresence(id, 'available'),
}

describe.each(Object.entries(actions))('The command %s', (_, act) => {
  it('is refused while the session is not open, and for an unknown session', async () => {
    socket.report(closedAs('backoff'))
    await world.settle()
    await expect(act()).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', status: 409 })
    await expect(act('s2')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  it('is refused while a logout is pending', async () => {
    void world.commands.logout('s1', world.clock.now() + 1000)
    await world.settle()
    await expect(act()).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED' })
  })
})

describe('Marking messages as read', () => {
  it('names each message as WhatsApp knows it', async () => {
    await socket.owner.received([incoming('A'), incoming('B', '34611111111', GROUP)])
    await world.commands.markRead('s1', ['A', 'B'])
    expect(socket.read).toEqual([
      { messageId: 'A', chatId: '34611111111@s.whatsapp.net', participant: null, fromMe: false },
      { messageId: 'B', chatId: GROUP.chat_id, participant: GROUP.participant, fromMe: false },
    ])
  })

  it('marks all of them or none, and says which are unknown', async () => {
    await socket.owner.received([incoming('A')])
    const ids = ['A', ...Array.from({ length: 7 }, (_, i) => `X${i}`)]
    await expect(world.commands.markRead('s1', ids)).rejects.toMatchObject({
      code: 'MESSAGE_NOT_FOUND',
      message: 'Session s1 has not received X0, X1, X2, X3, X4 and 2 more; nothing was marked.',
    })
    expect(socket.read).toEqual([])
  })

  it('never takes a sent message for a received one', async () => {
    void world.commands.send('s1', text('34611111111'), world.clock.now() + 1000)
    await world.settle()
    const { messageId } = socket.sent[0]!
    await expect(world.commands.markRead('s1', [messageId])).rejects.toMatchObject({ status: 404 })
  })
})

describe('Read marks for messages that Laravel accepted', () => {
  const marks = () =>
    new ReadMarks(world.clock, (streamId, sessionId) => {
      const actor = world.supervisor.find(sessionId)?.actor
      return actor?.streamId === streamId ? openSocketOf(actor) : null
    })
  const delivery = (id: string, more = {}, kind: DeliveryRow['kind'] = 'messages') => {
    const { streamId } = world.entry().actor
    const payload = { session_id: 's1', ...incoming(id, '34611111111', more).message }
    return { kind, streamId, sessionId: 's1', payload } as unknown as DeliveryRow
  }

  it('are sent together, and not before Laravel accepted them', async () => {
    const reads: number[] = []
    const { read } = socket.chats
    socket.chats.read = async messages => {
      reads.push(messages.length)
      await read(messages)
    }
    const readMarks = marks()
    for (let i = 0; i < 50; i++) readMarks.accepted(delivery(`A${i}`, i % 2 ? GROUP : {}))
    expect(socket.read).toEqual([])
    await world.wait(300)
    expect(reads).toEqual([50])
    readMarks.accepted(delivery('later'))
    await world.wait(300)
    expect(reads).toEqual([50, 1])
    expect(socket.read.at(-1)).toMatchObject({ messageId: 'later' })
  })

  it('are never more than 200 at once', async () => {
    const reads: number[] = []
    socket.chats.read = async messages => void reads.push(messages.length)
    const readMarks = marks()
    for (let i = 0; i < 450; i++) readMarks.accepted(delivery(`A${i}`))
    await world.wait(300)
    expect(reads).toEqual([200, 200, 50])
  })

  it('are not sent for own messages, status posts and receipts', async () => {
    const readMarks = marks()
    readMarks.accepted(delivery('A', { from_me: true }))
    readMarks.accepted({ ...delivery('B', {}, 'status'), payload: { estado_qr: 'active' } })
    readMarks.accepted({ ...delivery('C', {}, 'receipt'), payload: { status: 'read' } })
    await world.wait(300)
    expect(socket.read).toEqual([])
  })

  it('are dropped when the session is not open, or is a new one under the same id', async () => {
    const readMarks = marks()
    readMarks.accepted({ ...delivery('A'), streamId: 'an-earlier-life' })
    readMarks.accepted(delivery('B'))
    socket.report(closedAs('backoff'))
    await world.wait(300)
    expect(socket.read).toEqual([])
  })

  it('are asked of the node that has the session, with what Laravel accepted together', async () => {
    const asked: unknown[][] = []
    const elsewhere = async (...args: unknown[]) => void asked.push(args)
    const readMarks = new ReadMarks(world.clock, () => null, elsewhere)
    for (const id of ['A', 'B']) readMarks.accepted(delivery(id))
    await world.wait(300)
    expect(asked).toEqual([['s1', ['A', 'B']]])
    const failing = new ReadMarks(
      world.clock,
      () => null,
      () => Promise.reject(new Error('gone')),
    )
    failing.accepted(delivery('C'))
    await world.wait(300)
  })

  it('change nothing else when they fail', async () => {
    socket.chats.read = () => Promise.reject(new Error('gone'))
    marks().accepted(delivery('A'))
    await world.wait(300)
    expect(world.state()).toMatch(/^open/)
  })
})
