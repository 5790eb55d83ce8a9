import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createWorld, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/refused-pairing.ts'), async original => {
  const { answerRefusedPairing } = await original()
  return { answerRefusedPairing: (...args) => (patch.isOn ? answerRefusedPairing(...args) : undefined) }
})

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

let numbers = 0
async function waiting(sessionId: string) {
  const owner = await world.owner(sessionId)
  owner.open()
  await owner.fact('socket.qr')
  return {
    owner,
    phone: world.sim.phone(`3460000020${++numbers}`),
    qr: () => world.vault.read(sessionId)!.text,
  }
}

it('is needed: Baileys closes without an answer', async () => {
  patch.isOn = false
  const { owner, phone, qr } = await waiting('without')
  phone.linking.faults = ['hmac']
  await expect(phone.scan(qr()), 'upstream mended it: drop refused-pairing.ts').rejects.toThrow(
    'closed before',
  )
  expect(await owner.fact('socket.closed')).toMatchObject({ code: 500 })
})

describe('a pair-success that cannot be accepted', () => {
  it.each([
    ['hmac', 401, 'hmac-mismatch'],
    ['signature', 401, 'signature-mismatch'],
    ['incomplete', 500, 'internal-error'],
  ] as const)('is answered, and the next socket links: %s', async (fault, code, text) => {
    patch.isOn = true
    const { owner, phone, qr } = await waiting(fault)
    phone.linking.faults = [fault]
    const old = qr()
    await expect(phone.scan(old)).rejects.toThrow(`the device refused the pairing: ${code} ${text}`)
    const closed = await owner.fact('socket.closed')
    expect(closed).toMatchObject({ code, reaction: 'reconnectNow', reason: 'pairing_refused' })
    expect(await world.store.keys.get(owner.streamId, 'creds', ['0', '1', '2'])).toEqual({})
    expect(owner.facts.map(({ type }) => type)).toEqual(['socket.qr', 'socket.closed'])

    owner.open()
    await owner.fact('socket.qr', 2)
    expect(qr()).not.toBe(old)
    await phone.scan(qr())
    expect(await owner.fact('socket.closed', 3)).toMatchObject({ code: 515 })
    await owner.opened()
    expect(phone.devices).toHaveLength(1)
    expect(world.sim.ledger.unanswered).toEqual([])
  })
})
