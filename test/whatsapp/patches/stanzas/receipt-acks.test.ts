import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { storeReceipts } from '../../../../src/whatsapp/patches/stanzas/receipt-acks.ts'

const receipt = (id: string): BinaryNode => ({ tag: 'receipt', attrs: { id } })

/** A socket on which Baileys and somebody else listen. */
function listening(acknowledge = async () => {}) {
  const ws = new EventEmitter()
  const [baileys, others, acked]: [string[], string[], string[]] = [[], [], []]
  ws.on('CB:receipt', ({ attrs }: BinaryNode) => void baileys.push(attrs.id!))
  const sendMessageAck = ({ attrs }: BinaryNode) => {
    acked.push(attrs.id!)
    return acknowledge()
  }
  const storeBy = storeReceipts({ ws: ws as never, sendMessageAck })
  ws.on('CB:receipt', ({ attrs }: BinaryNode) => void others.push(attrs.id!))
  return { ws, storeBy, baileys, others, acked }
}

it('a receipt of what was sent is acknowledged once it is stored; all others are Baileys own', async () => {
  const { ws, storeBy, baileys, others, acked } = listening()
  const stored = Promise.withResolvers<void>()
  storeBy(({ attrs }) => (attrs.id === 'A' ? stored.promise : null))
  for (const id of ['A', 'B']) ws.emit('CB:receipt', receipt(id))
  await setImmediate()
  expect([baileys, others, acked]).toEqual([['B'], ['A', 'B'], []])
  stored.resolve()
  await setImmediate()
  expect([baileys, acked]).toEqual([['B'], ['A']])
})

it('nothing is acknowledged that could not be stored, and Baileys hears of all while nothing is', async () => {
  const { ws, storeBy, baileys, acked } = listening()
  ws.emit('CB:receipt', receipt('A'))
  storeBy(() => Promise.reject(new Error('disk full')))
  ws.emit('CB:receipt', receipt('B'))
  await setImmediate()
  expect([baileys, acked]).toEqual([['A'], []])
})

it('a socket that ends meanwhile is no fault of anybody', async () => {
  const { ws, storeBy, acked } = listening(() => Promise.reject(new Error('Connection Closed')))
  storeBy(() => Promise.resolve())
  ws.emit('CB:receipt', receipt('A'))
  await setImmediate()
  expect(acked).toEqual(['A'])
})
