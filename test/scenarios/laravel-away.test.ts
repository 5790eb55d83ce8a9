import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Misbehaviour } from '../../demo/stand-in-laravel.ts'
import { World } from './world.ts'

const OUTAGES: [string, Misbehaviour][] = [
  ['500', { status: 500 }],
  ['a redirect', { status: 302, headers: { location: '/' } }],
  ['429', { status: 429, headers: { 'retry-after': '2' } }],
  ['401', { status: 401 }],
  ['a reset', 'reset'],
]

describe('Laravel is away', () => {
  const world = new World({ LOG_LEVEL: 'info' })
  beforeAll(async () => {
    await world.start()
    await world.link('shop', '34600000001')
  })
  afterAll(() => world.end())

  it.each(OUTAGES)(
    '%s: no session is dropped and everything arrives in order',
    { timeout: 60_000 },
    async (name, outage) => {
      const ana = world.simulator.contact('34600000002')
      const eva = world.simulator.contact('34600000003')
      // Attempts count until a connection has held for 5 min; a restart on request begins anew.
      await world.call('POST', '/sessions/shop/restart')
      await world.waitForState('shop', 'open')
      const before = world.laravel.received.length
      world.laravel.misbehaviour = outage
      const texts = [0, 1, 2].map(n => `${name} ${n}`)
      for (const text of texts) {
        await ana.say('34600000001', text)
        await eva.say('34600000001', text)
      }
      // One probe at a time goes to an endpoint in trouble: which delivery it is does not matter.
      await vi.waitFor(() => expect(world.laravel.received.length).toBeGreaterThan(before), {
        timeout: 15_000,
      })
      await world.simulator.fault({ kind: 'close' })
      await world.waitForState('shop', 'reconnecting', 'starting')
      await world.waitForState('shop', 'open')
      world.laravel.misbehaviour = null
      await vi.waitFor(
        () => {
          for (const from of ['34600000002', '34600000003']) {
            const got = world.laravel
              .accepted('/messages')
              .filter(body => body.from === from && texts.includes(String(body.body)))
            expect(got.map(({ body }) => body)).toEqual(texts)
          }
        },
        { timeout: 40_000, interval: 100 },
      )
    },
  )
})

describe('Laravel says no', () => {
  const world = new World({ LOG_LEVEL: 'info' })
  beforeAll(() => world.start())
  afterAll(() => world.end())

  it('stops the QR when the session is inactive, and says why', async () => {
    world.laravel.estados.set('off', 'inactive')
    await world.call('POST', '/start', { user_id: 1, session_id: 'off' })
    await world.waitForState('off', 'awaitingQr.refused')
    expect(await world.session('off')).toMatchObject({ reason: 'laravel_inactive', estado_qr: 'inactive' })
    expect(world.laravel.accepted('/qr')).toEqual([])
    expect(world.laravel.accepted('/whatsapp/status')).toEqual([])
  })

  it('stops reconnecting when the session became inactive in Laravel', async () => {
    await world.link('shop', '34600000001')
    await vi.waitFor(() => expect(world.laravel.estados.get('shop')).toBe('active'))
    world.laravel.estados.set('shop', 'inactive')
    await world.simulator.fault({ kind: 'close' })
    await world.waitForState('shop', 'reconnecting.suspended')
    expect(await world.session('shop')).toMatchObject({ reason: 'laravel_inactive' })
    expect(world.simulator.phone('34600000001').devices).toHaveLength(1)
  })

  it('connects again on /start, without a QR', async () => {
    const { qrRefs } = world.simulator.counters
    world.laravel.estados.set('shop', 'active')
    await world.call('POST', '/start', { user_id: 1, session_id: 'shop' })
    await world.waitForState('shop', 'open')
    expect(world.simulator.counters.qrRefs).toBe(qrRefs)
  })

  it('does not refuse an id that Laravel does not know yet, in its first 15 s', async () => {
    world.laravel.estadoOfUnknown = null
    await world.call('POST', '/start', { user_id: 1, session_id: 'new' })
    await world.waitForState('new', 'awaitingQr.verifying')
    world.laravel.estadoOfUnknown = 'pending'
    await vi.waitFor(() => expect(world.laravel.accepted('/qr', 'new')).toHaveLength(1), { timeout: 15_000 })
  })
})
