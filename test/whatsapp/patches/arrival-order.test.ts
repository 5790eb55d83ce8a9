import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { ArrivalOrder, wasOffline } from '../../../src/whatsapp/patches/arrival-order.ts'

function arrival() {
  const order = new ArrivalOrder()
  const ws = new EventEmitter()
  const seen: string[] = []
  ws.on('CB:message', ({ attrs }) => seen.push(`${attrs.id}:${attrs.offline ?? 'now'}`))
  order.watch(ws)
  const arrive = (id: string, offline?: string) =>
    ws.emit('CB:message', { tag: 'message', attrs: { id, ...(offline !== undefined && { offline }) } })
  return { order, seen, arrive }
}

describe('the order of arrival', () => {
  it('puts live messages behind the offline ones, and knows them apart afterwards', () => {
    const { order, seen, arrive } = arrival()
    arrive('a', '0')
    arrive('b', '1')
    arrive('c')
    expect(seen).toEqual(['a:0', 'b:1', 'c:live'])
    expect(order.handedOver('a', 'append')).toBe(true)
    arrive('d')
    expect(order.handedOver('b', 'append')).toBe(true)
    expect(order.handedOver('c', 'append')).toBe(false)
    expect(order.handedOver('d', 'append')).toBe(false)
    arrive('e')
    expect(seen.at(-1)).toBe('e:now')
    expect(order.handedOver('e', 'notify')).toBe(false)
  })

  it('does not wait for a message that Baileys never hands over', () => {
    const { order, seen, arrive } = arrival()
    arrive('dropped', '0')
    arrive('a')
    expect(order.handedOver('a', 'append')).toBe(false)
    arrive('b')
    expect(seen.at(-1)).toBe('b:now')
  })

  it('knows an offline stanza by what is stored of it', () => {
    expect([wasOffline({ offline: '0' }), wasOffline({ offline: 'live' }), wasOffline({})]).toEqual([
      true,
      false,
      false,
    ])
  })
})
