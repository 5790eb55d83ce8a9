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
