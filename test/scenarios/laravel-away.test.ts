import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Misbehaviour } from '../../demo/stand-in-laravel.ts'
import { KEY, World } from './world.ts'

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

describe('the first day, with a wrong token', () => {
  const world = new World({ LOG_LEVEL: 'info' })
  beforeAll(async () => {
    world.laravel.misbehaviour = { status: 401 }
    await world.start()
  })
  afterAll(() => world.end())

  it('is told at the start, in the session, in health and in metrics, while the service is ready', async () => {
    await vi.waitFor(() => expect(world.output).toContain('laravel check: token: Laravel has answered 401'), {
      timeout: 10_000,
    })
    await world.call('POST', '/start', { user_id: 1, session_id: 'new' })
    await vi.waitFor(async () => expect((await world.session('new')).reason).toBe('laravel_unauthorized'), {
      timeout: 10_000,
    })
    const { reason_text } = await world.session('new')
    expect(reason_text).toMatch(/answered 401 on GET \/whatsapp\/status\/\{id\} since .*LARAVEL_TOKEN/)
    const { status, body } = await world.call('GET', '/health/ready')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      ready: true,
      problems: [],
      warnings: [{ code: 'LARAVEL_UNAVAILABLE', message: reason_text }],
      laravel: { ok: false, failing: [{ route: 'GET /whatsapp/status/{id}', status: 401 }] },
    })
    const metrics = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${KEY}` } })
    expect(await metrics.text()).toContain(
      'laravel_failing{route="GET /whatsapp/status/{id}",cause="unauthorized"} 1',
    )
    const report = await world.call('GET', '/laravel/check')
    expect(report.body).toMatchObject({ success: true, ok: false })
    expect(report.body.checks).toContainEqual(expect.objectContaining({ subject: 'token', status: 401 }))
  })

  it('is over, in all of them, when the token is right', async () => {
    world.laravel.misbehaviour = null
    await world.waitForState('new', 'awaitingQr.shown')
    expect(await world.session('new')).toMatchObject({ reason: null, reason_text: null })
    const { body } = await world.call('GET', '/health')
    expect(body).toMatchObject({ warnings: [], laravel: { ok: true, failing: [] } })
    expect((await world.call('GET', '/laravel/check')).body).toMatchObject({ ok: true })
    expect(world.output.match(/has answered 401 on this route/g)).toHaveLength(1)
    expect(world.output.match(/answers on this route again/g)).toHaveLength(1)
  })
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
