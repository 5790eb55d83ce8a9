import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ArrivalOrder } from '../../../src/whatsapp/patches/arrival-order.ts'
import { serializeChats } from '../../../src/whatsapp/patches/chat-serializer.ts'

/** A socket whose Baileys queues what waited, and handles the rest at once. */
function setUp() {
  const ws = new EventEmitter()
  const queue: string[] = []
  const live: string[] = []
  ws.on('CB:message', async ({ attrs }: { attrs: { id: string; offline?: string } }) => {
    ;(attrs.offline === undefined ? live : queue).push(attrs.id)
  })
  serializeChats(ws)
  const order = new ArrivalOrder()
  order.watch(ws)
  const arrive = (chat: string, id: string, offline?: string) =>
    ws.emit('CB:message', {
      tag: 'message',
      attrs: { from: `${chat}@s.whatsapp.net`, id, ...(offline !== undefined && { offline }) },
    })
  return { queue, live, order, arrive }
}

const [ANA, EVA] = ['34611000001', '34611000002']

it('offline messages of all chats are queued in the order of arrival', async () => {
  const { queue, arrive } = setUp()
  for (const [chat, id] of [
    [ANA, 'a0'],
    [ANA, 'a1'],
    [EVA, 'b0'],
    [ANA, 'a2'],
    [EVA, 'b1'],
  ] as const)
    arrive(chat, id, '0')
  await setImmediate()
  expect(queue).toEqual(['a0', 'a1', 'b0', 'a2', 'b1'])
})

it('a live message does not overtake older ones of its chat', async () => {
  const { queue, live, order, arrive } = setUp()
  for (const id of ['a0', 'a1', 'a2', 'a3']) arrive(ANA, id, '0')
  arrive(EVA, 'b0', '0')
  await setImmediate()
  for (const id of queue.slice(0, 2)) order.handedOver(id, 'append')
  arrive(ANA, 'a4')
  await setImmediate()
  expect(live).toEqual([])
  expect(queue.at(-1)).toBe('a4')
})
