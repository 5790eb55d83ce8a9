import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { storeReceipts } from '../../../../src/whatsapp/patches/stanzas/receipt-acks.ts'

const receipt = (id: string): BinaryNode => ({ tag: 'receipt', attrs: { id } })

/** A socket on which Baileys and somebody else listen. */
function listening() {
  const ws = new EventEmitter()
  const [baileys, others]: [string[], string[]] = [[], []]
  ws.on('CB:receipt', ({ attrs }: BinaryNode) => void baileys.push(attrs.id!))
  const storeBy = storeReceipts({ ws: ws as never })
  ws.on('CB:receipt', ({ attrs }: BinaryNode) => void others.push(attrs.id!))
  return { ws, storeBy, baileys, others }
}

it('Baileys waits until a receipt is stored, and others do not', async () => {
  const { ws, storeBy, baileys, others } = listening()
  const stored = Promise.withResolvers<void>()
  storeBy(({ attrs }) => (attrs.id === 'A' ? stored.promise : null))
  for (const id of ['A', 'B']) ws.emit('CB:receipt', receipt(id))
  expect([baileys, others]).toEqual([['B'], ['A', 'B']])
  stored.resolve()
  await setImmediate()
  expect(baileys).toEqual(['B', 'A'])
})

it('Baileys never hears of a receipt that could not be stored, and of all while nothing is', async () => {
  const { ws, storeBy, baileys } = listening()
  ws.emit('CB:receipt', receipt('A'))
  storeBy(() => Promise.reject(new Error('disk full')))
  ws.emit('CB:receipt', receipt('B'))
  await setImmediate()
  expect(baileys).toEqual(['A'])
})
