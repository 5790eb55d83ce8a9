import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KEY, World } from './world.ts'

/** Each session has its own fate. */
const NUMBERS = {
  shop: '34600000001',
  bakery: '34600000011',
  florist: '34600000012',
  butcher: '34600000013',
  garage: '34600000014',
  museum: '34600000015',
} as const
const [ANA, EVA, BEN, NEWCOMER] = ['34600000002', '34600000003', '34600000004', '34600000005'] as const

/**
 * What an operator must know: its line, whose it is, and which request set it off. What takes hours is told elsewhere: a disk that
 * fills in test/store/disk-watch.test.ts, a dead letter in test/laravel/deliveries.test.ts.
 */
const LINES: [what: string, msg: string | RegExp, about: Record<string, unknown>][] = [
  ['linked', 'a phone has linked the session', { session_id: 'shop' }],
  ['opened', 'session is open', { session_id: 'bakery' }],
  [
    'lost',
    'session lost its connection and comes back by itself',
    { session_id: 'shop', reason: 'network', level: 'info' },
  ],
  ['unlinked by the phone', 'session is logged out', { session_id: 'bakery', reason: 'unlinked' }],
  ['banned', 'session is closed by WhatsApp', { session_id: 'florist', reason: 'banned', level: 'warn' }],
  [
    'replaced',
    'session is suspended: it is tried again by itself, ever less often',
    { session_id: 'butcher', reason: 'replaced', level: 'warn' },
  ],
  ['a logout was asked for', 'session is being logged out', { session_id: 'garage', request_id: 'r-logout' }],
  ['logged out', 'session is logged out', { session_id: 'garage', reason: 'logged_out' }],
  ['quarantined', 'session cannot be read and stands still', { session_id: 'museum', level: 'error' }],
  [
    'new chats are paused',
    'WhatsApp lets this session write to nobody new',
    { session_id: 'shop', level: 'warn' },
  ],
  [
    'all sends are paused',
    'WhatsApp takes too many messages for this session: they leave slower',
    { session_id: 'shop', level: 'warn' },
  ],
  [
    'Laravel is held',
    'laravel takes no deliveries on this route, they are held',
    { route: '/messages', error: 'HTTP 500', level: 'warn' },
  ],
  ['Laravel is back', 'laravel takes deliveries on this route again', { route: '/messages' }],
  ['stop', 'stopping: every session keeps its link', { signal: 'SIGTERM' }],
  ['stopped', 'stopped', {}],
]

const world = new World({ CONNECT_PER_SECOND: '1000', QR_THROTTLE_MS: '0' })
const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 40_000, interval: 50 })
const lines = () =>
  world.output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Record<string, unknown>)
const told = (msg: string | RegExp, about: Record<string, unknown> = {}) =>
  lines().filter(
    line =>
      (typeof msg === 'string' ? line.msg === msg : msg.test(String(line.msg))) &&
      Object.entries(about).every(([name, value]) => line[name] === value),
  )
const fault = (account: string, more: object) => world.simulator.fault({ account, ...more } as never)
const arrived = (text: string, status: number) =>
  world.laravel.seen(one => one.path === '/messages' && one.body.body === text && one.status === status)

beforeAll(async () => {
  await world.start()
  for (const [id, number] of Object.entries(NUMBERS)) await world.link(id, number)
  for (const number of [ANA, EVA, BEN, NEWCOMER]) world.simulator.contact(number)
  await world.simulator.contact(ANA).say(NUMBERS.shop, 'hello')
  await arrived('hello', 200)

  await fault(NUMBERS.shop, { kind: 'reset' })
  await soon(() => expect(told('session lost its connection and comes back by itself')).toHaveLength(1))
  await world.waitForState('shop', 'open')
  await fault(NUMBERS.bakery, { kind: 'removed' })
  await fault(NUMBERS.florist, { kind: 'failure', status: 403 })
  await fault(NUMBERS.butcher, { kind: 'replaced' })
  await world.waitForState('bakery', 'loggedOut')
  await world.waitForState('florist', 'loggedOut')
  await world.waitForState('butcher', 'reconnecting.suspended')
  await fetch(`${world.url}/sessions/garage/logout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'x-request-id': 'r-logout' },
  })
  await world.waitForState('garage', 'loggedOut')

  await outage()
  await pauses()

  expect(await world.stopManager('SIGTERM')).toBe(0)
  const store = new DatabaseSync(join(world.dataDir, 'store.sqlite'))
  store.exec(
    "UPDATE events SET context = 'x' WHERE state IS NOT NULL AND stream_id = (SELECT stream_id FROM sessions WHERE session_id = 'museum')",
  )
  store.close()
  await world.startManager()
  await world.waitForState('shop', 'open')
}, 180_000)
afterAll(() => world.end())

async function outage(): Promise<void> {
  world.laravel.misbehaviour = { status: 500 }
  for (const [i, number] of [ANA, EVA, BEN].entries())
    await world.simulator.contact(number).say(NUMBERS.shop, `while it is away, ${i}`)
  await soon(() => expect(told('laravel takes no deliveries on this route, they are held')).not.toEqual([]))
  world.laravel.misbehaviour = null
  await world.call('POST', '/deliveries/retry', {})
  await soon(() => expect(told('laravel takes deliveries on this route again')).not.toEqual([]))
  for (const i of [0, 1, 2]) await arrived(`while it is away, ${i}`, 200)
}

async function pauses(): Promise<void> {
  world.simulator.errorAck(NUMBERS.shop, 463)
  await world.send('shop', NEWCOMER, 'do you know us?')
  await soon(() => expect(told('WhatsApp lets this session write to nobody new')).not.toEqual([]))
  world.simulator.errorAck(NUMBERS.shop, 429)
  await world.send('shop', ANA, 'too fast')
  await soon(() => expect(told(/^WhatsApp takes too many messages/)).not.toEqual([]))
}

it.each(LINES)('an operator is told once: %s', (_, msg, about) => {
  expect(told(msg, about)).toHaveLength(1)
  // And whatever it says of this session elsewhere is something else.
  if ('session_id' in about && about.reason === undefined)
    expect(told(msg, { session_id: about.session_id })).toHaveLength(1)
})

it('an operator is told once of each start', () => {
  expect(told(/^whatsapp-manager is up: http/)).toHaveLength(2)
})

it('nothing of it gives away a number or a word', () => {
  const important = lines().filter(({ level }) => level !== 'debug' && level !== 'trace')
  const text = JSON.stringify(important)
  for (const secret of [...Object.values(NUMBERS), ANA, 'while it is away', 'too fast'])
    expect(text).not.toContain(secret)
})
