import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../../simulator/faults/table.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { HOUR, LinkWorld, MINUTE } from './link-world.ts'

let simulator: Simulator
let world: LinkWorld
let url = ''
beforeAll(async () => {
  simulator = new Simulator()
  url = (await simulator.listen()).url
  world = await new LinkWorld(simulator).start(url)
})
// A fault that ends a connection leaves nothing open on the next one.
afterEach(() => world.settled())
afterAll(async () => {
  await world.end()
  await simulator.close()
})

/** As soon as a busy machine has come to it. */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })

/** Lets a fault strike the session whose id is this number. */
const strike = (account: string, fault: Partial<Fault>) => simulator.fault({ ...fault, account } as Fault)

/** It logs in again as the device that it was. */
async function isOpenAgain(id: string): Promise<void> {
  const { wa_id, reason } = await world.inState(id, 'open')
  expect([wa_id, reason, simulator.phone(id).devices.length]).toEqual([id, null, 1])
  expect(world.credentials(id)).toBeGreaterThan(0)
}

describe('A connection that does not come about', () => {
  it.each([
    401, 429, 502,
  ])('for the upgrade is answered with HTTP %i, is tried again after a backoff', async status => {
    const id = await world.linked()
    await simulator.fault({ kind: 'refuse', status })
    await world.inState(id, 'reconnecting.waiting')
    await world.rest(id)
    await eventually(async () => (await world.session(id)).attempts).toBe(2)
    expect(await world.inState(id, 'reconnecting.waiting')).toMatchObject({
      reason: 'network',
      estado_qr: 'active',
    })
    await simulator.heal('refuse')
    await world.rest(id)
    await isOpenAgain(id)
    await world.told(id, 'pending', 'active')
  })

  it('for WhatsApp does not answer the login, is ended after 45 s and tried again', async () => {
    const id = await world.linked()
    const delay = 20_000
    await simulator.fault({ kind: 'slow-login', account: id, delay })
    await strike(id, { kind: 'close' })
    await world.inState(id, 'reconnecting.waiting')
    await world.rest(id)
    await world.inState(id, 'starting.connecting')
    await world.clock.advance(45_000)
    expect(await world.inState(id, 'reconnecting.waiting')).toMatchObject({ reason: 'connect_timeout' })
    await simulator.heal('slow-login')
    await world.rest(id)
    await isOpenAgain(id)
    await world.told(id, 'pending', 'active')
  })
})

describe('A linked session whose open connection ends', () => {
  it.each<[Partial<Fault>, string, RegExp]>([
    [{ kind: 'close' }, 'network', /connection to WhatsApp was lost/],
    [{ kind: 'reset' }, 'network', /connection to WhatsApp was lost/],
    [{ kind: 'xmlstreamend' }, 'network', /connection to WhatsApp was lost/],
    [{ kind: '500' }, 'unknown', /without a known reason/],
    [{ kind: 'stream-error', status: 501 }, 'unknown', /without a known reason/],
    [{ kind: 'stream-error', status: 999 }, 'unknown', /without a known reason/],
    [{ kind: 'stream-error', child: 'something-new' }, 'unknown', /without a known reason/],
    [{ kind: '503' }, 'overloaded', /overloaded or restarting/],
    [{ kind: 'stream-error', status: 429 }, 'rate_limited', /to do less/],
    [{ kind: 'ping' }, 'ping_unanswered', /no answer to a ping/],
    [{ kind: 'bad-mac' }, 'stream_corrupt', /reached WhatsApp damaged/],
    [{ kind: 'xml-not-well-formed' }, 'stanza_refused', /could not read a stanza/],
    [{ kind: 'garbage' }, 'undecryptable_frame', /could not be decrypted/],
  ])('by %o is open again after a backoff, and Laravel hears nothing', async (fault, reason, text) => {
    const id = await world.linked()
    await strike(id, fault)
    const lost = await world.inState(id, 'reconnecting.waiting')
    expect(lost).toMatchObject({ reason, estado_qr: 'active', wa_id: id, attempts: 1 })
    expect(lost.reason_text).toMatch(text)
    const wait = Date.parse(lost.retry_at!) - world.clock.now()
    expect(wait).toBeGreaterThanOrEqual(/overloaded|rate/.test(reason) ? 5000 : 0)
    expect(wait).toBeLessThanOrEqual(5 * MINUTE)
    await world.rest(id)
    await isOpenAgain(id)
    await world.told(id, 'pending', 'active')
  })

  it.each<[Partial<Fault>]>([
    [{ kind: '515' }],
    [{ kind: 'unacked' }],
  ])('by %o is open again at once', async fault => {
    const id = await world.linked()
    const { logins } = simulator.counters
    await strike(id, fault)
    await eventually(() => simulator.counters.logins).toBeGreaterThan(logins)
    await isOpenAgain(id)
    expect(await world.session(id)).toMatchObject({ attempts: 0 })
    await world.told(id, 'pending', 'active')
  })

  it.each<[Partial<Fault>, string, RegExp]>([
    [{ kind: 'replaced' }, 'replaced', /stop the other service/],
    [{ kind: 'stream-error', status: 409 }, 'replaced', /stop the other service/],
    [{ kind: 'stream-error', status: 402 }, 'temporarily_banned', /banned the account for a time/],
    [{ kind: 'stream-error', status: 411 }, 'client_mismatch', /update the service/],
  ])('by %o is suspended, Laravel hears why, and it is open again 15 min later', async (fault, reason, text) => {
    const id = await world.linked()
    await strike(id, fault)
    await isSuspended(id, reason, text, 15)
    await world.rest(id)
    await isOpenAgain(id)
    await world.told(id, 'pending', 'active', 'inactive', 'active')
  })
})

async function isSuspended(id: string, reason: string, text: RegExp, minutes: number): Promise<void> {
  const session = await world.inState(id, 'reconnecting.suspended.resting')
  expect(session).toMatchObject({ reason, estado_qr: 'inactive', wa_id: id })
  expect(session.reason_text).toMatch(text)
  expect(Date.parse(session.retry_at!) - world.clock.now()).toBe(minutes * MINUTE)
  expect(await world.told(id, 'pending', 'active', 'inactive')).toMatchObject({
    reason,
    reason_text: session.reason_text,
  })
  const warning = world.lines.findLast(line => line.includes(id) && line.includes('session is suspended'))
  expect(JSON.parse(warning ?? '{}')).toMatchObject({ level: 'warn', reason, retry_at: session.retry_at })
}

describe('A linked session whose login fails', () => {
  it.each<[number, object, string, RegExp, number]>([
    [402, { expire: 7200 }, 'temporarily_banned', /opened again when the ban ends/, 120],
    [402, {}, 'temporarily_banned', /opened again when the ban ends/, 15],
    ...[409, 411, 413, 414, 415, 418].map(
      code =>
        [code, {}, 'client_mismatch', /update the service/, 15] as [number, object, string, RegExp, number],
    ),
    [440, {}, 'replaced', /stop the other service/, 15],
  ])('with %i %o is suspended, Laravel hears why, and it is tried by itself', async (status, also, reason, text, minutes) => {
    const id = await world.linked()
    await strike(id, { kind: 'failure', status, ...also } as Partial<Fault>)
    await world.inState(id, 'reconnecting.waiting')
    await world.rest(id)
    await isSuspended(id, reason, text, minutes)
    await world.rest(id)
    await isOpenAgain(id)
    await world.told(id, 'pending', 'active', 'inactive', 'active')
  })

  it.each([
    [503, 'overloaded'],
    [429, 'unknown'],
  ])('with %i is open again after another backoff', async (status, reason) => {
    const id = await world.linked()
    await strike(id, { kind: 'failure', status } as Partial<Fault>)
    await world.inState(id, 'reconnecting.waiting')
    await world.rest(id)
    await eventually(async () => (await world.session(id)).attempts).toBe(2)
    expect(await world.inState(id, 'reconnecting.waiting')).toMatchObject({ reason, estado_qr: 'active' })
    await world.rest(id)
    await isOpenAgain(id)
    await world.told(id, 'pending', 'active')
  })

  it.each([
    500, 501, 999,
  ])('with %i, again and again, is tried 15 min, 30 min and 1 h after the fifth, and Laravel hears of it after an hour', async status => {
    const id = await world.linked()
    await strike(id, { kind: 'failure', status, times: 8 } as Partial<Fault>)
    for (let i = 1; i <= 5; i++) {
      expect((await world.inState(id, 'reconnecting.waiting')).attempts).toBe(i)
      await world.rest(id)
      await eventually(async () => (await world.session(id)).attempts).toBe(i + 1)
    }
    const began = world.clock.now()
    for (const minutes of [15, 30, 60]) {
      const session = await world.inState(id, 'reconnecting.suspended.resting')
      expect(Date.parse(session.retry_at!) - world.clock.now()).toBe(minutes * MINUTE)
      expect(session).toMatchObject({ reason: 'unknown', estado_qr: 'active', wa_id: id })
      await world.told(id, 'pending', 'active')
      if (minutes === 60) break
      const { attempts } = session
      await world.rest(id)
      await eventually(async () => (await world.session(id)).attempts).toBe(attempts + 1)
    }
    await world.clock.advance(began + HOUR - world.clock.now())
    expect(await world.told(id, 'pending', 'active', 'inactive')).toMatchObject({ reason: 'unknown' })
    await world.rest(id)
    await eventually(async () => (await world.session(id)).attempts).toBe(9)
    await world.inState(id, 'reconnecting.suspended.resting')
    await world.rest(id)
    await isOpenAgain(id)
    await world.told(id, 'pending', 'active', 'inactive', 'active')
  })

  it.each<[Partial<Fault>, string, string]>([
    [{ kind: 'failure', status: 401 } as Partial<Fault>, 'unlinked', 'unlinked'],
    [{ kind: 'failure', status: 403 } as Partial<Fault>, 'banned', 'banned'],
    [{ kind: 'failure', status: 406 } as Partial<Fault>, 'banned', 'banned'],
  ])('by %o is logged out', async (fault, detail, reason) => {
    const id = await world.linked()
    await strike(id, fault)
    await world.inState(id, 'reconnecting.waiting')
    await world.rest(id)
    await isLoggedOut(id, detail, reason)
  })
})

/** Laravel knows, and the credentials are there still. */
async function isLoggedOut(id: string, detail: string, reason: string): Promise<void> {
  expect(await world.inState(id, `loggedOut.${detail}`)).toMatchObject({ reason, estado_qr: 'inactive' })
  expect(await world.told(id, 'pending', 'active', 'inactive')).toMatchObject({ reason })
  if (detail === 'banned')
    expect(world.lines.findLast(line => line.includes(id) && line.includes('"level":"warn"'))).toContain(
      'closed by WhatsApp',
    )
  expect(world.credentials(id)).toBeGreaterThan(0)
}

describe('A linked session that WhatsApp ends for good', () => {
  it.each<[Partial<Fault>, string, string]>([
    [{ kind: 'removed' }, 'unlinked', 'unlinked'],
    [{ kind: 'stream-error', status: 401 }, 'unlinked', 'unlinked'],
    [{ kind: 'stream-error', status: 516 }, 'unlinked', 'unlinked'],
    [{ kind: 'stream-error', status: 403 }, 'banned', 'banned'],
    [{ kind: 'stream-error', status: 406 }, 'banned', 'banned'],
  ])('by %o is logged out', async (fault, detail, reason) => {
    const id = await world.linked()
    await strike(id, fault)
    await isLoggedOut(id, detail, reason)
  })

  it('loses its credentials 7 days later, and not before', async () => {
    const ids = [await world.linked(), await world.linked()] as const
    await strike(ids[0], { kind: 'removed' })
    await strike(ids[1], { kind: 'stream-error', status: 403 })
    await world.inState(ids[0], 'loggedOut.unlinked')
    await world.inState(ids[1], 'loggedOut.banned')
    await world.stop()
    await world.clock.advance(7 * 24 * HOUR - MINUTE)
    await world.boot()
    for (const id of ids) expect(world.credentials(id)).toBeGreaterThan(0)
    await world.clock.advance(MINUTE)
    for (const id of ids) await eventually(() => world.credentials(id)).toBe(0)
    await world.inState(ids[0], 'loggedOut.unlinked')
    await world.inState(ids[1], 'loggedOut.banned')
  })
})

describe('A version that WhatsApp refuses', () => {
  it('is tried by one session; with another version all come back without a QR', async () => {
    const one = await new LinkWorld(simulator).start(url)
    const ids = [await one.linked(), await one.linked(), await one.linked()] as const
    const { refusedLogins } = simulator.counters
    const refused = () => simulator.counters.refusedLogins - refusedLogins
    const refuse = (account: string) =>
      strike(account, { kind: 'failure', status: 405, times: 1000 } as Partial<Fault>)
    for (const id of ids) {
      await refuse(id)
      await one.inState(id, 'reconnecting.waiting')
      await one.rest(id)
      const { reason, estado_qr } = await one.inState(id, 'reconnecting.suspended.resting')
      expect([reason, estado_qr]).toEqual(['client_outdated', 'active'])
    }
    expect(refused()).toBe(1)
    const { status, body } = await one.call('GET', '/health/ready')
    expect(status).toBe(503)
    expect(JSON.stringify(body)).toMatch(/CLIENT_OUTDATED.*set WHATSAPP_VERSION.*restart/)
    await one.rest(ids[0])
    await eventually(refused).toBe(2)
    await one.stop()
    await simulator.heal('failure')
    await one.boot({ WHATSAPP_VERSION: '2.3000.1999999999' })
    for (const id of ids) await one.inState(id, 'open')
    expect((await one.call('GET', '/health/ready')).status).toBe(200)
    for (const id of ids) await one.told(id, 'pending', 'active')
    await one.end()
  })
})
