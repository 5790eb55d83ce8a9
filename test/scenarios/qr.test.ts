import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

describe('a QR that nobody scans, with WHATSAPP_URL and no WHATSAPP_ROOT_KEY', () => {
  const world = new World({ QR_EXPIRY_MS: '1500', QR_THROTTLE_MS: '1000', WHATSAPP_ROOT_KEY: '' })
  beforeAll(() => world.start())
  afterAll(() => world.end())

  it('is published once, shown in four formats, expires, and Laravel is told', async () => {
    await world.call('POST', '/start', { user_id: 1, session_id: 'shop' })
    const posted = await world.laravel.seen(({ path }) => path === '/qr')
    const shown = await world.call('GET', '/sessions/shop/qr?format=json')
    expect(shown.body.qr).toBe(posted.body.qr)
    await world.waitForState('shop', 'awaitingQr.expired')
    await vi.waitFor(() =>
      expect(world.laravel.accepted('/whatsapp/status').map(body => body.estado_qr)).toEqual([
        'pending',
        'inactive',
      ]),
    )
    expect(world.laravel.accepted('/qr')).toHaveLength(1)
    expect((await world.call('GET', '/sessions/shop/qr')).status).toBe(404)
    expect(await world.session('shop')).toMatchObject({ reason: 'qr_expired', estado_qr: 'inactive' })
  })

  it('is offered again on /start, although Laravel still says the inactive that we told it', async () => {
    expect(world.laravel.estados.get('shop')).toBe('inactive')
    await world.call('POST', '/start', { user_id: 1, session_id: 'shop' })
    await vi.waitFor(() => expect(world.laravel.accepted('/qr')).toHaveLength(2), { timeout: 10_000 })
    await world.simulator.phone('34600000001').scan(String(world.laravel.accepted('/qr')[1]?.qr))
    await world.waitForState('shop', 'open')
    expect(world.output).toContain('WHATSAPP_URL without WHATSAPP_ROOT_KEY')
  })
})

describe('a QR that WhatsApp makes void after its scan', () => {
  const world = new World({ QR_THROTTLE_MS: '600000' })
  beforeAll(() => world.start())
  afterAll(() => world.end())

  it('is replaced at once, for whoever asks and at Laravel, however little time has passed, and the phone links', async () => {
    await world.call('POST', '/start', { user_id: 1, session_id: 'shop' })
    const first = (await world.laravel.seen(({ path }) => path === '/qr')).body
    const phone = world.simulator.phone('34600000001')
    phone.linking.onScan = ['companion_reg_refresh', 'pair-device-rotate-qr']
    for (const scans of [1, 2]) {
      const qr = String(world.laravel.accepted('/qr').at(-1)?.qr)
      await expect(phone.scan(qr)).rejects.toThrow('check your connection')
      await vi.waitFor(() => expect(world.laravel.accepted('/qr')).toHaveLength(scans + 1))
      const shown = await world.call('GET', '/sessions/shop/qr?format=json')
      expect(shown.body).toMatchObject({ expires_at: first.expires_at })
      expect(shown.body.qr).not.toBe(qr)
      expect(world.laravel.accepted('/qr').at(-1)).toMatchObject(shown.body as object)
      expect(await world.session('shop')).toMatchObject({
        state: 'awaitingQr',
        estado_qr: 'pending',
        reason: 'qr_replaced',
      })
    }
    await phone.scan(String(world.laravel.accepted('/qr').at(-1)?.qr))
    await world.waitForState('shop', 'open')
    expect(await world.session('shop')).toMatchObject({ reason: null, estado_qr: 'active' })
    await vi.waitFor(() => expect(world.simulator.unacked).toEqual([]), { timeout: 10_000 })
  })

  it('is followed by a fresh one when what the phone answers cannot be accepted', async () => {
    await world.call('POST', '/start', { user_id: 1, session_id: 'refused' })
    const first = (
      await world.laravel.seen(({ path, body }) => path === '/qr' && body.session_id === 'refused')
    ).body
    const phone = world.simulator.phone('34600000002')
    phone.linking.faults = ['hmac']
    await expect(phone.scan(String(first.qr))).rejects.toThrow('refused the pairing: 401 hmac-mismatch')
    const fresh = await vi.waitFor(async () => {
      const { status, body } = await world.call('GET', '/sessions/refused/qr?format=json')
      expect([status, body.qr === first.qr]).toEqual([200, false])
      return String(body.qr)
    })
    expect(await world.session('refused')).toMatchObject({ reason: 'pairing_refused', estado_qr: 'pending' })
    await phone.scan(fresh)
    await world.waitForState('refused', 'open')
    expect(await world.session('refused')).toMatchObject({ reason: null })
    expect(world.simulator.ledger.unanswered).toEqual([])
  })
})
