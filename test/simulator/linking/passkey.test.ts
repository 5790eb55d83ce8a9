import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { PasskeyDemand } from '../../../simulator/accounts/passkey.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'
import { Companion, type Mistakes } from './passkey-companion.ts'

silenceConsole()

const SHOP = '34600000001'

/** A client whose QR was scanned by a phone that demands a passkey. */
async function scanned(demand: Partial<PasskeyDemand> = {}, mistakes: Mistakes = {}) {
  const { simulator, client } = await startSimulator()
  const one = client().connect()
  const qr = await one.qr()
  const companion = new Companion(one, mistakes)
  const phone = simulator.phone(SHOP)
  phone.demandPasskey(demand)
  const linked = phone.scan(qr)
  linked.catch(() => {})
  const answer = async (proof: boolean, origin?: string) =>
    companion.prologue(phone.assertPasskey(await companion.options(), origin), { proof })
  return { one, companion, phone, linked, answer }
}

describe('a passkey that is demanded', () => {
  it('links a device without a comparison of codes when it proves that it showed the QR', async () => {
    const { one, companion, phone, linked, answer } = await scanned({ code: 'awaited' })
    await answer(true)
    expect(await companion.reveal()).toBe(phone.passkey.progress.code)
    await companion.request()
    await linked
    expect(await one.closed()).toBe(515)
    expect(phone.devices).toHaveLength(1)
    await one.connect().open()
  })

  it('without a proof waits for the owner of the phone, whose code is the same', async () => {
    const { one, companion, phone, answer } = await scanned({ code: 'awaited', told: 'absent' })
    await answer(false)
    const code = await companion.reveal()
    expect(code).toMatch(/^[1-9A-HJ-NP-TV-Z]{4}-[1-9A-HJ-NP-TV-Z]{4}$/)
    expect(phone.passkey.progress).toMatchObject({ stage: 'nonce', code, proved: false })
    await companion.request()
    expect(phone.devices).toEqual([])
    phone.passkey.answerCode(true)
    expect(await one.closed()).toBe(515)
  })

  it('links nothing when the owner of the phone says that the codes differ', async () => {
    const { companion, phone, linked, answer } = await scanned({ code: 'rejected' })
    await answer(false)
    await companion.reveal()
    await expect(linked).rejects.toThrow('codes differ')
    await expect(companion.request()).rejects.toThrow()
    expect(phone.devices).toEqual([])
  })

  it('may be demanded after a pairing code, too', async () => {
    const { simulator, client } = await startSimulator()
    const one = client().connect()
    await one.qr()
    const code = await one.socket!.requestPairingCode(SHOP)
    const phone = simulator.phone(SHOP)
    phone.demandPasskey()
    const demanded = new Promise(resolve =>
      one.socket!.ws.on('CB:notification,type:passkey_prologue_request', resolve),
    )
    phone.enterCode(code).catch(() => {})
    expect(await demanded).toMatchObject({ content: [{ tag: 'passkey_request_options' }] })
    expect(phone.passkey.progress.stage).toBe('asked')
  })

  it.each<[string, Mistakes, RegExp]>([
    ['a nonce that it had not committed itself to', { nonce: randomBytes(32) }, /another nonce/],
    ['a proof of another QR', { proofOf: randomBytes(32) }, /not of the QR/],
    ['no acknowledgement', { acks: false }, /not acknowledged/],
    ['a platform that the salt does not name', { platform: 3 }, /another kind of device/],
  ])('refuses a device with %s', async (_, mistakes, problem) => {
    const { companion, phone, answer } = await scanned({}, mistakes)
    const steps = async () => {
      await answer(true)
      await companion.reveal()
      await companion.request()
    }
    await expect(steps()).rejects.toThrow()
    expect(phone.passkey.progress.problem).toMatch(problem)
    expect(phone.devices).toEqual([])
  })

  it('refuses an assertion for another challenge, and one made elsewhere', async () => {
    const { companion, phone, answer } = await scanned()
    await expect(answer(true, 'https://whatsapp.com.example.org')).rejects.toThrow()
    expect(phone.passkey.progress.problem).toMatch(/another origin/)
    const stale = phone.assertPasskey(await companion.options())
    phone.passkey.ask()
    await companion.options(2)
    await expect(companion.prologue(stale, { proof: true })).rejects.toThrow()
    expect(phone.passkey.progress.problem).toMatch(/another challenge/)
    await answer(true)
    expect(phone.passkey.progress.proved).toBe(true)
  })

  it('refuses the secret that the QR showed', async () => {
    const mistakes: Mistakes = {}
    const { one, companion, phone, answer } = await scanned({}, mistakes)
    mistakes.secret = Buffer.from(one.auth.creds.advSecretKey, 'base64')
    await answer(true)
    await companion.reveal()
    await expect(companion.request()).rejects.toThrow()
    expect(phone.passkey.progress.problem).toMatch(/not a new one/)
  })

  it('can have no options, none that can be read, and no answer to a step', async () => {
    const none = await scanned({ told: 'absent', answered: 'absent' })
    await expect(none.companion.options()).rejects.toMatchObject({ data: 500 })
    const garbled = await scanned({ told: 'unreadable' })
    await expect(garbled.companion.options()).rejects.toThrow(SyntaxError)
    const large = await scanned({ told: 'oversized' })
    expect(JSON.stringify(await large.companion.options()).length).toBeGreaterThan(4096)
    const deaf = await scanned({ refused: ['ref'] })
    await expect(deaf.answer(true)).rejects.toMatchObject({ data: 500 })
  })
})
