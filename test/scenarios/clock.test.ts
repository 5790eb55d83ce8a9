import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { probeDelay, retryDelay } from '../../src/laravel/retry-schedule.ts'
import { World } from './world.ts'

const DAY = 86_400_000
const NUMBER = '34600000001'
const ANA = '34600000002'
const EXPIRY = 6_000

/** A world whose manager runs on a machine that is set to another time. */
function createJumpingWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'clock-'))
  const file = join(folder, 'shift')
  const set = (shift: number) => writeFileSync(file, String(shift))
  set(0)
  const world = new World({
    LOG_LEVEL: 'info',
    NODE_OPTIONS: `--import ${new URL('../../harness/jumping-clock.ts', import.meta.url).href}`,
    CLOCK_SHIFT_FILE: file,
    QR_THROTTLE_MS: '2000',
    QR_EXPIRY_MS: String(EXPIRY),
    SEND_WAIT_MS: '500',
    LARAVEL_MESSAGE_STATUS: 'true',
  })
  const end = async () => {
    await world.end()
    rmSync(folder, { recursive: true })
  }
  return { world, set, end }
}

const attempts = (world: World) =>
  world.laravel.received.filter(({ path, method }) => method === 'POST' && path === '/messages')

const timestampOf = ({ headers }: { headers: Record<string, unknown> }) =>
  Number(headers['webhook-timestamp']) * 1000

/** A session that is open, and nothing waits to be told to Laravel. */
async function linked(world: World): Promise<void> {
  await world.link('shop', NUMBER)
  await vi.waitFor(() => expect(world.laravel.estados.get('shop')).toBe('active'), { timeout: 10_000 })
}

describe.each([
  ['forward', DAY],
  ['back', -DAY],
])('the machine is set a day %s', (_name, shift) => {
  const { world, set, end } = createJumpingWorld()
  const ana = () => world.simulator.contact(ANA)
  beforeAll(async () => {
    await world.start()
    await linked(world)
  })
  afterAll(() => end())

  it('a QR that is shown expires when it should', { timeout: 60_000 }, async () => {
    await world.call('POST', '/start', { user_id: 1, session_id: 'fresh' })
    await world.laravel.seen(({ path, body }) => path === '/qr' && body.session_id === 'fresh')
    await world.waitForState('fresh', 'awaitingQr.shown')
    const shown = performance.now()
    set(shift)
    await world.waitForState('fresh', 'awaitingQr.shown.ready')
    expect((await world.call('GET', '/sessions/fresh/qr?format=json')).status).toBe(200)
    await world.waitForState('fresh', 'awaitingQr.expired')
    const lasted = performance.now() - shown
    expect(lasted).toBeGreaterThan(EXPIRY - 1_500)
    expect(lasted).toBeLessThan(EXPIRY + 6_000)
    expect(world.laravel.accepted('/qr', 'fresh')).toHaveLength(1)
    expect(await world.session('fresh')).toMatchObject({ reason: 'qr_expired' })
  })

  it('deliveries are retried at their intervals, and a send waits for its connection', {
    timeout: 60_000,
  }, async () => {
    // From a machine that is right to one that is off again: the jump comes in the middle.
    set(0)
    await vi.waitFor(() => expect(world.laravel.estados.get('fresh')).toBe('inactive'))
    await ana().say(NUMBER, 'before')
    await vi.waitFor(() => expect(world.laravel.accepted('/messages')).toHaveLength(1), { timeout: 10_000 })
    world.laravel.misbehaviour = { status: 500 }
    for (const text of ['one', 'two', 'three']) await ana().say(NUMBER, text)
    await vi.waitFor(() => expect(attempts(world).length).toBe(2), { timeout: 10_000 })
    await world.simulator.fault({ kind: 'refuse', account: NUMBER, for: 3_000 })
    await world.waitForState('shop', 'reconnecting', 'starting')
    const answer = await world.send('shop', ANA, 'while away')
    expect(answer).toMatchObject({ status: 202, body: { status: 'queued' } })
    set(shift)
    await vi.waitFor(() => expect(attempts(world).length).toBeGreaterThanOrEqual(4), {
      timeout: 20_000,
      interval: 20,
    })
    world.laravel.misbehaviour = null
    await vi.waitFor(() => expect(world.laravel.accepted('/messages').length).toBe(4), { timeout: 30_000 })
    const [first, ...next] = attempts(world).slice(1, 5)
    // The lane's own first, then, as it fails again and nobody else is asked, those of the route.
    const gaps = [retryDelay(1), probeDelay(1), probeDelay(2)]
    next.reduce((before, { at }, i) => {
      expect(at - before, `gap ${i}`).toBeGreaterThan(gaps[i]! - 100)
      expect(at - before, `gap ${i}`).toBeLessThan(gaps[i]! + 2_500)
      return at
    }, first!.at)
    await world.waitForState('shop', 'open')
    await vi.waitFor(() => expect(ana().inbox.map(({ text }) => text)).toEqual(['while away']), {
      timeout: 15_000,
    })
  })

  it('no message was lost, doubled or given up', async () => {
    const accepted = world.laravel.accepted('/messages').map(({ body }) => body)
    expect(accepted).toEqual(['before', 'one', 'two', 'three'])
    expect((await world.call('GET', '/deliveries/dead')).body).toMatchObject({ count: 0 })
    const { id } = ana().inbox[0]!
    await vi.waitFor(async () => {
      const { body } = await world.call('GET', `/sessions/shop/messages/${id}`)
      expect(JSON.stringify(body)).toMatch(/"status":"(sent|delivered)"/)
    })
    const { body } = await world.call('GET', '/sessions/shop/events?limit=1000')
    const types = (body as unknown as { events: { type: string }[] }).events.map(({ type }) => type)
    const steps = types.filter(type => type.startsWith('message.') && type !== 'message.received')
    // An ack that comes before its bytes were noted leaves no `message.transmitted`.
    expect(steps.filter(type => type !== 'message.transmitted').slice(0, 2)).toEqual([
      'message.queued',
      'message.sent',
    ])
    expect(steps.filter(type => type === 'message.transmitted').length).toBeLessThan(2)
    expect(steps).not.toContain('message.failed')
    expect(steps).not.toContain('message.unknown')
    expect(world.simulator.devices).toHaveLength(1)
  })

  it('what others compare with their own clocks follows the time of day', () => {
    for (const one of attempts(world).slice(-3))
      expect(Math.abs(timestampOf(one) - one.at - shift)).toBeLessThan(5_000)
    for (const one of attempts(world).slice(0, 2))
      expect(Math.abs(timestampOf(one) - one.at)).toBeLessThan(5_000)
  })
})

/** The machine is some days ahead, Laravel refuses, the process ends; the machine is set right and the process comes back. */
async function setBackWhileAway(ahead: number, status: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const { world, set, end } = createJumpingWorld()
  try {
    set(ahead)
    await world.start()
    await linked(world)
    world.laravel.misbehaviour = { status }
    await world.simulator.contact(ANA).say(NUMBER, 'hello')
    // What is listed is durable.
    await vi.waitFor(
      async () => {
        const { body } = await world.call('GET', '/deliveries')
        const { deliveries } = body as unknown as { deliveries: { kind: string; attempts: number }[] }
        expect(deliveries.find(({ kind }) => kind === 'messages')?.attempts).toBeGreaterThan(0)
      },
      { timeout: 15_000 },
    )
    const [first] = attempts(world)
    expect(Math.abs(timestampOf(first!) - first!.at - ahead)).toBeLessThan(5_000)
    await world.stopManager(signal)
    set(0)
    world.laravel.misbehaviour = null
    await world.startManager()
    await world.waitForState('shop', 'open')
    await vi.waitFor(() => expect(world.laravel.accepted('/messages')).toHaveLength(1), { timeout: 10_000 })
    expect(new Set(attempts(world).map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  } finally {
    await end()
  }
}

describe('the machine is set back while the process is away: what waited for that time is delivered now', () => {
  it.concurrent.each([
    [DAY, 500, 'SIGKILL'],
    [2 * DAY, 500, 'SIGTERM'],
    [2 * DAY, 422, 'SIGKILL'],
  ] as const)('by %s ms, after a %s and a %s', { timeout: 60_000 }, setBackWhileAway)
})
