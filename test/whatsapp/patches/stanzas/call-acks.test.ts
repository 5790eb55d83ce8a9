import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, it, vi } from 'vitest'
import { nameCallAcks } from '../../../../src/whatsapp/patches/stanzas/call-acks.ts'
import { startSimulator } from '../../../simulator/start-simulator.ts'

const SHOP = '34600000001'
const ANA = '34600000002'

async function ackOfACall(mend: boolean) {
  const { simulator, linked } = await startSimulator()
  const { one, device } = await linked(SHOP)
  if (mend) nameCallAcks(one.socket!)
  const heard: BinaryNode[] = []
  one.socket!.ws.on('CB:call', (node: BinaryNode) => heard.push(node))
  simulator.contact(ANA).call(SHOP).end('timeout')
  await vi.waitFor(() => expect(heard).toHaveLength(2))
  return { simulator, device }
}

it('Baileys as it is acknowledges a call without saying what for', async () => {
  const { simulator, device } = await ackOfACall(false)
  await vi.waitFor(() => expect(simulator.ledger.wrong).toHaveLength(2))
  expect(device.pending).toBe(2)
})

it('mended, it says so', async () => {
  const { simulator, device } = await ackOfACall(true)
  // The offer also waits for a receipt, which is none of Baileys'.
  await vi.waitFor(() => expect(device.pending).toBe(1))
  expect(simulator.ledger.wrong).toEqual([])
})
