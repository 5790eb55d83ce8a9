import { afterEach, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'

let world: World
afterEach(() => world.end())

const begin = async (env = {}, simulated = {}) => {
  world = new World(env, simulated)
  await world.start()
  return world
}
const start = (phone_number: string) =>
  world.call('POST', '/start', { user_id: 1, session_id: 'shop', phone_number })
const posted = () => world.laravel.accepted('/pairing-code')
const nextCode = async (count = 1) => {
  await vi.waitFor(() => expect(posted().length).toBeGreaterThanOrEqual(count), { timeout: 20_000 })
  return String(posted()[count - 1]!.code)
}

describe('linking by a code', () => {
  it('goes from /start to open, and the code stands nowhere', async () => {
    await begin()
    await start('+34600000001')
    const code = await nextCode()
    expect(posted()[0]).toEqual({
      session_id: 'shop',
      user_id: expect.any(Number),
      seq: expect.any(Number),
      metadata: null,
      code: expect.stringMatching(/^[0-9A-Z]{8}$/),
      expires_at: expect.stringMatching(/Z$/),
    })
    const request = world.laravel.received.find(({ path }) => path === '/pairing-code')!
    expect(request.headers['webhook-id']).toMatch(/^code\.[0-9a-f]{32}$/)
    const left = Date.parse(String(posted()[0]!.expires_at)) - Date.now()
    expect(left).toBeGreaterThan(100_000)
    expect(left).toBeLessThan(160_000)
    expect((await world.call('GET', '/sessions/shop/pairing-code')).body).toEqual({
      success: true,
      ...{ code, expires_at: posted()[0]!.expires_at },
    })
    await world.simulator.phone(SHOP, { name: 'Shop' }).enterCode(code)
    await world.waitForState('shop', 'open')
    expect(await world.session('shop')).toMatchObject({ wa_id: SHOP, estado_qr: 'active' })
    expect((await world.call('GET', '/sessions/shop/pairing-code')).status).toBe(404)
    expect(world.laravel.accepted('/qr')).toEqual([])

    await world.simulator.contact('34600000002').say(SHOP, 'welcome')
    await world.laravel.seen(({ path, body }) => path === '/messages' && body.body === 'welcome')
    // The credentials of the pairing are good for a login of their own.
    await world.stopManager('SIGKILL')
    await world.startManager()
    await world.waitForState('shop', 'open')
    await world.stopManager('SIGTERM')
    expect((await world.storeBytes()).includes(code)).toBe(false)
    expect(world.output).not.toContain(code)
  })

  it('a wrong code links nothing, and the right one still does', async () => {
    await begin()
    await start(SHOP)
    const code = await nextCode()
    const wrong = `${code[0] === 'A' ? 'B' : 'A'}${code.slice(1)}`
    const phone = world.simulator.phone(SHOP)
    await expect(phone.enterCode(wrong)).rejects.toThrow('the code is wrong')
    expect((await world.session('shop')).state).toBe('awaitingQr')
    await phone.enterCode(code)
    await world.waitForState('shop', 'open')
    expect(phone.devices).toHaveLength(1)
  })

  it('the next code comes when WhatsApp says that one is good no more', async () => {
    await begin({ QR_THROTTLE_MS: '100' }, { codeTtlMs: 1500 })
    await start(SHOP)
    const first = await nextCode()
    const second = await nextCode(2)
    expect(second).not.toBe(first)
    expect((await world.call('GET', '/sessions/shop/pairing-code')).body.code).toBe(second)
    const phone = world.simulator.phone(SHOP)
    await phone.enterCode(second)
    await world.waitForState('shop', 'open')
  })

  it('a code dies with its socket: nobody is linked, and the next code works', async () => {
    await begin({ QR_THROTTLE_MS: '100' })
    await start(SHOP)
    const first = await nextCode()
    await world.simulator.fault({ kind: 'reset' })
    const second = await nextCode(2)
    expect(second).not.toBe(first)
    const phone = world.simulator.phone(SHOP)
    expect(phone.devices).toEqual([])
    expect(await world.session('shop')).toMatchObject({ state: 'awaitingQr', wa_id: null })
    await phone.enterCode(second)
    await world.waitForState('shop', 'open')
    expect(world.simulator.counters.refusedLogins).toBe(0)
  })

  it('a code dies with the process, and the next code works', async () => {
    await begin({ QR_THROTTLE_MS: '100' })
    await start(SHOP)
    await nextCode()
    await world.stopManager('SIGKILL')
    await world.startManager()
    const second = await nextCode(2)
    await world.simulator.phone(SHOP).enterCode(second)
    await world.waitForState('shop', 'open')
    expect(world.simulator.counters.refusedLogins).toBe(0)
  })

  it('a code can be asked for in place of the QR that is shown, but not by a session that is linked', async () => {
    await begin()
    await world.call('POST', '/start', { user_id: 1, session_id: 'shop' })
    await world.waitForState('shop', 'awaitingQr.shown')
    const asked = await world.call('POST', '/sessions/shop/pairing-code', { phone_number: SHOP })
    expect(asked).toMatchObject({ status: 200, body: { success: true } })
    const again = await world.call('POST', '/sessions/shop/pairing-code', { phone_number: SHOP })
    expect(again.body).toEqual(asked.body)
    await world.simulator.phone(SHOP).enterCode(String(asked.body.code))
    await world.waitForState('shop', 'open')
    const refused = await world.call('POST', '/sessions/shop/pairing-code', { phone_number: SHOP })
    expect(refused).toMatchObject({ status: 409, body: { error: 'STATE_FORBIDS' } })
  })

  it.each([
    ['feature-not-available', /no pairing codes to this account/],
    ['rate-overlimit', /wait an hour/],
    ['forbidden', /no device by a pairing code/],
    ['bad-request', /country code/],
  ] as const)('a refusal is told in a sentence, and the QR links: %s', async (error, sentence) => {
    await begin({ QR_THROTTLE_MS: '100' })
    const phone = world.simulator.phone(SHOP)
    phone.linking.codeErrors = [error]
    await start(SHOP)
    const { qr } = (await world.laravel.seen(({ path }) => path === '/qr')).body
    expect(await world.session('shop')).toMatchObject({
      reason: 'pairing_code_refused',
      reason_text: expect.stringMatching(sentence),
    })
    expect(await world.call('GET', '/sessions/shop/pairing-code')).toMatchObject({
      status: 404,
      body: { error: 'PAIRING_CODE_NOT_AVAILABLE', message: expect.stringMatching(sentence) },
    })
    await phone.scan(String(qr))
    await world.waitForState('shop', 'open')
    expect(world.simulator.ledger.wrong).toEqual([])
  })
})
