import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PasskeyDemand } from '../../../simulator/accounts/passkey.ts'
import type { Phone } from '../../../simulator/phones/phone.ts'
import { createWorld, type Owner, systemClock, WAIT, type World } from '../world.ts'

const SHOP = '34600000001'

let world: World
afterEach(async () => {
  expect(world.sim.ledger.unanswered).toEqual([])
  await world.close()
})

/** A socket whose QR was scanned by a phone that demands a passkey. */
async function scanned(
  demand: Partial<PasskeyDemand> = {},
  config: { qrTimeoutMs?: number; keepAliveMs?: number } = {},
) {
  world = await createWorld(config)
  const late = { ms: 0 }
  const clock = { ...systemClock, now: () => systemClock.now() + late.ms }
  const owner = await world.owner('shop')
  owner.via = world.another({}, world.store, clock)
  owner.open()
  await owner.fact('socket.qr')
  const phone = world.sim.phone(SHOP)
  phone.demandPasskey(demand)
  const linking = phone.scan(world.vault.read('shop')!.text)
  linking.catch(() => {})
  return { owner, phone, linking, late, secrets: () => world.passkeys.read('shop') }
}

/** What the owner's browser makes of the demand that is kept now. */
const assertion = (phone: Phone) => phone.assertPasskey(world.passkeys.read('shop')!.options)

function answer({ socket }: Owner, phone: Phone): void {
  socket!.passkey.take(assertion(phone))
  socket!.passkey.answer()
}

const stage = (phone: Phone, wanted: string) =>
  vi.waitFor(() => expect(phone.passkey.progress).toMatchObject({ stage: wanted, problem: null }), WAIT)

describe('a passkey on the real socket', () => {
  it('links without a comparison of codes soon after the scan: the phone accepts the proof and the new secret', async () => {
    const { owner, phone, secrets } = await scanned({ code: 'awaited' })
    const asked = await owner.fact('passkey.asked')
    expect(Math.abs(asked.expiresAt - Date.now() - 600_000)).toBeLessThan(10_000)
    expect(world.vault.read('shop')).toBeNull()
    expect(secrets()).toMatchObject({ options: { rpId: 'whatsapp.com' }, code: null })
    answer(owner, phone)
    await owner.fact('passkey.proved')
    expect(secrets()!.code).toBe(phone.passkey.progress.code)
    expect(phone.devices).toEqual([])
    owner.socket!.passkey.finish()
    await owner.fact('socket.paired')
    await owner.fact('socket.closed')
    expect(secrets()).toBeNull()
    await owner.opened()
    expect(owner.facts.map(({ type }) => type).slice(0, 6)).toEqual([
      ...['socket.qr', 'passkey.asked', 'passkey.proved', 'socket.paired', 'socket.closed'],
      'socket.opened',
    ])
    expect(world.sim.unacked.filter(({ tag }) => tag === 'notification')).toEqual([])
  })

  it('more than five minutes after the scan needs the code, which is the same on both sides', async () => {
    const { owner, phone, late, secrets } = await scanned({ code: 'awaited', told: 'absent' })
    await owner.fact('passkey.asked')
    late.ms = 301_000
    answer(owner, phone)
    await owner.fact('passkey.codeShown')
    const { code, proved } = phone.passkey.progress
    expect([secrets()!.code, proved]).toEqual([code, false])
    owner.socket!.passkey.finish()
    await stage(phone, 'request')
    expect(phone.devices).toEqual([])
    phone.passkey.answerCode(true)
    await owner.fact('socket.closed')
    await owner.opened()
  })

  it('may be demanded after a pairing code', async () => {
    world = await createWorld()
    const owner = await world.owner('shop')
    owner.phoneNumber = SHOP
    owner.open()
    await owner.fact('socket.qr')
    const phone = world.sim.phone(SHOP)
    phone.demandPasskey()
    phone.enterCode(world.vault.readCode('shop')!.text).catch(() => {})
    await owner.fact('passkey.asked')
    expect(world.vault.readCode('shop')).toBeNull()
    answer(owner, phone)
    await owner.fact('passkey.proved')
    owner.socket!.passkey.finish()
    await owner.fact('socket.closed')
    await owner.opened()
    expect(world.sim.unacked.filter(({ tag }) => tag === 'notification')).toEqual([])
  })

  it('outlives the references of the QRs, of which none is offered any more', async () => {
    const { owner, phone, late } = await scanned({}, { qrTimeoutMs: 150, keepAliveMs: 200 })
    await owner.fact('passkey.asked')
    const offered = owner.facts.length
    late.ms = 301_000
    await vi.waitFor(() => expect(world.sim.ledger.errors).toEqual([]))
    await new Promise(resolve => setTimeout(resolve, 8 * 150))
    expect(owner.facts).toHaveLength(offered)
    expect(world.vault.read('shop')).toBeNull()
    answer(owner, phone)
    await owner.fact('passkey.codeShown')
    owner.socket!.passkey.finish()
    await owner.fact('socket.closed')
    await owner.opened()
  })

  it('is not what a socket waits for that nobody scanned: it ends with its references', async () => {
    world = await createWorld({ qrTimeoutMs: 80 })
    const owner = await world.owner('shop')
    owner.open()
    expect(await owner.fact('socket.closed')).toMatchObject({ reaction: 'qrExhausted', reason: 'qr_expired' })
    expect(owner.facts.filter(({ type }) => type === 'socket.qr')).toHaveLength(6)
  })

  it('begins afresh with another assertion, and with another demand', async () => {
    const { owner, phone, late, secrets } = await scanned({ code: 'awaited' })
    await owner.fact('passkey.asked')
    late.ms = 301_000
    answer(owner, phone)
    await owner.fact('passkey.codeShown')
    const first = { code: secrets()!.code, token: secrets()!.token, count: owner.facts.length }
    answer(owner, phone)
    expect(secrets()!.code).toBeNull()
    await owner.fact('passkey.codeShown', first.count)
    expect(secrets()!.code).toBe(phone.passkey.progress.code)
    expect(secrets()!.code).not.toBe(first.code)

    const stale = assertion(phone)
    const before = owner.facts.length
    phone.passkey.ask()
    await owner.fact('passkey.asked', before)
    expect(secrets()!.token).not.toBe(first.token)
    expect(() => owner.socket!.passkey.take(stale)).toThrow(/answers another challenge/)
    answer(owner, phone)
    await owner.fact('passkey.codeShown', before)
    owner.socket!.passkey.finish()
    await stage(phone, 'request')
    phone.passkey.answerCode(true)
    await owner.fact('socket.closed')
    await owner.opened()
  })

  it('hears no answer to what another demand has made void', async () => {
    const { owner, phone } = await scanned({ continues: false })
    await owner.fact('passkey.asked')
    answer(owner, phone)
    await stage(phone, 'prologue')
    const before = owner.facts.length
    phone.passkey.ask()
    await owner.fact('passkey.asked', before)
    phone.passkey.continue()
    // Asked for its options, the device has said before what it had to say to that.
    phone.account.passkey!.told = 'absent'
    const asked = owner.facts.length
    phone.passkey.ask()
    await owner.fact('passkey.asked', asked)
    expect(phone.passkey.progress.problem).toBeNull()
    expect(owner.facts.slice(before).map(({ type }) => type)).toEqual(['passkey.asked', 'passkey.asked'])
  })

  it('takes no assertion that was made on another page, and loses nothing by it', async () => {
    const { owner, phone, secrets } = await scanned()
    await owner.fact('passkey.asked')
    const { options } = secrets()!
    const { passkey } = owner.socket!
    for (const origin of [
      'https://whatsapp.com.example.org',
      'http://web.whatsapp.com',
      'https://xwhatsapp.com',
    ])
      expect(() => passkey.take(phone.assertPasskey(options, origin))).toThrow(/made on another page/)
    const made = phone.assertPasskey(options)
    const garbled = { ...made, response: { ...made.response, clientDataJSON: 'AAAA' } }
    expect(() => passkey.take(garbled)).toThrow(/not the JSON of a browser/)
    const said = JSON.parse(Buffer.from(made.response.clientDataJSON, 'base64url').toString())
    const registered = Buffer.from(JSON.stringify({ ...said, type: 'webauthn.create' }))
    const created = {
      ...made,
      response: { ...made.response, clientDataJSON: registered.toString('base64url') },
    }
    expect(() => passkey.take(created)).toThrow(/not made by navigator.credentials.get/)
    answer(owner, phone)
    await owner.fact('passkey.proved')
  })

  it('is not answered where none is demanded', async () => {
    world = await createWorld()
    const owner = await world.owner('shop')
    owner.open()
    await owner.fact('socket.qr')
    const made = world.sim.phone(SHOP).assertPasskey({ challenge: 'AAAA' })
    expect(() => owner.socket!.passkey.take(made)).toThrow(/demands no passkey/)
    owner.socket!.passkey.answer()
    owner.socket!.passkey.finish()
    expect(owner.facts).toHaveLength(1)
  })
})

describe('a passkey of which nothing comes', () => {
  it.each<[string, Partial<PasskeyDemand>, string, RegExp]>([
    ['its options are refused', { told: 'absent', answered: 'absent' }, 'passkey_refused', /options: 500/],
    [
      'they cannot be read',
      { told: 'unreadable', answered: 'unreadable' },
      'passkey_unreadable',
      /cannot be read/,
    ],
    [
      'they are too large',
      { told: 'oversized', answered: 'oversized' },
      'passkey_unreadable',
      /cannot be read/,
    ],
  ])('because %s is told once', async (_, demand, reason, text) => {
    const { owner } = await scanned(demand)
    expect(await owner.fact('passkey.failed')).toMatchObject({
      reason,
      reasonText: expect.stringMatching(text),
    })
    expect(owner.facts.map(({ type }) => type)).toEqual(['socket.qr', 'passkey.failed'])
    expect(world.vault.read('shop')).toBeNull()
  })

  it.each([
    'ref',
    'passkey_prologue',
    'companion_nonce',
  ] as const)('because WhatsApp refuses %s is told once, with its code', async step => {
    const { owner, phone, secrets } = await scanned({ refused: [step] })
    await owner.fact('passkey.asked')
    answer(owner, phone)
    const failed = await owner.fact('passkey.failed')
    expect(failed).toMatchObject({ reason: 'passkey_refused', reasonText: expect.stringMatching(/: 500\)/) })
    expect(secrets()).toBeNull()
    expect(owner.facts.filter(({ type }) => type === 'passkey.failed')).toHaveLength(1)
  })

  it('because WhatsApp refuses the keys is told once', async () => {
    const { owner, phone } = await scanned({ refused: ['encrypted_pairing_request'] })
    await owner.fact('passkey.asked')
    answer(owner, phone)
    await owner.fact('passkey.proved')
    owner.socket!.passkey.finish()
    expect(await owner.fact('passkey.failed')).toMatchObject({ reason: 'passkey_refused' })
  })

  it('because an unreadable demand is followed by a good answer goes on', async () => {
    const { owner, phone } = await scanned({ told: 'unreadable' })
    await owner.fact('passkey.asked')
    answer(owner, phone)
    await owner.fact('passkey.proved')
  })

  it('because the socket ends in the midst of a step is no failure of its own', async () => {
    const { owner, phone } = await scanned({ unanswered: ['ref'] })
    await owner.fact('passkey.asked')
    answer(owner, phone)
    await world.sim.fault({ kind: 'reset' })
    await owner.fact('socket.closed')
    await new Promise(resolve => setImmediate(resolve))
    expect(owner.facts.map(({ type }) => type)).toEqual(['socket.qr', 'passkey.asked', 'socket.closed'])
  })

  it('because the socket ends is no failure of its own', async () => {
    const { owner, phone, secrets } = await scanned({ continues: false })
    await owner.fact('passkey.asked')
    answer(owner, phone)
    await stage(phone, 'prologue')
    await world.sim.fault({ kind: 'reset' })
    await owner.fact('socket.closed')
    expect(owner.facts.map(({ type }) => type)).toEqual(['socket.qr', 'passkey.asked', 'socket.closed'])
    expect(secrets()).toBeNull()
  })
})
