import { expect, it, vi } from 'vitest'
import { startSimulator } from '../start-simulator.ts'

const SHOP = '34600000001'

it('What is never acknowledged comes again at the next login, and in the end the stream ends', async () => {
  const { simulator, linked } = await startSimulator({ ackTimeoutMs: 100 })
  const { one, device } = await linked(SHOP, { keepAliveIntervalMs: 300 })
  // Baileys knows no such stanza.
  simulator.push(SHOP, { tag: 'status', attrs: { from: '1@newsletter', id: 'S1' } })
  expect(simulator.unacked).toMatchObject([{ tag: 'status', id: 'S1', owed: ['ack'] }])
  expect(await one.closed()).toBe(500)
  const [kept] = device.mailbox.stanzas()
  one.connect()
  await vi.waitFor(() => expect(kept!.sends).toBe(2), 5_000)
})
