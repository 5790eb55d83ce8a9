import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../../simulator/faults/table.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { LinkWorld, MINUTE, SECOND } from './link-world.ts'

let simulator: Simulator
let world: LinkWorld
beforeAll(async () => {
  simulator = new Simulator()
  const { url } = await simulator.listen()
  world = await new LinkWorld(simulator).start(url)
})
// A connection without an account cannot be told apart: one at a time.
afterEach(async () => {
  await world.call('DELETE', `/sessions/${id}`)
  await world.settled()
})
afterAll(async () => {
  await world.end()
  await simulator.close()
})

let id = ''
let sessions = 0

/** A session whose QR nobody has scanned, struck by a fault. */
async function struck(fault: Partial<Fault>): Promise<void> {
  await world.clock.advance(SECOND)
  id = `unlinked-${++sessions}`
  await world.call('POST', '/start', { user_id: 1, session_id: id })
  await world.laravel.seen(({ path, body }) => path === '/qr' && body.session_id === id)
  await world.inState(id, 'awaitingQr.shown')
  await simulator.fault(fault as Fault)
}

/** Its next QR is there with nobody calling, and a phone can scan it. */
async function offersAnotherQr(): Promise<void> {
  await world.inState(id, 'awaitingQr.shown')
  expect(world.credentials(id)).toBe(0)
  const { body } = await world.call('GET', `/sessions/${id}/qr?format=json`)
  const phone = `3460020${String(sessions).padStart(4, '0')}`
  await simulator.phone(phone, { name: 'Shop' }).scan((body as { qr: string }).qr)
  expect(await world.inState(id, 'open')).toMatchObject({ wa_id: phone, reason: null })
}

const told = () => world.laravel.accepted('/whatsapp/status', id).map(({ estado_qr }) => estado_qr)

describe('A session that nobody has linked, whose connection ends', () => {
  it.each<[Partial<Fault>, string]>([
    [{ kind: 'close' }, 'network'],
    [{ kind: 'reset' }, 'network'],
    [{ kind: 'xmlstreamend' }, 'network'],
    [{ kind: '500' }, 'unknown'],
    [{ kind: 'stream-error', status: 501 }, 'unknown'],
    [{ kind: 'stream-error', status: 999 }, 'unknown'],
    [{ kind: 'stream-error', child: 'something-new' }, 'unknown'],
    [{ kind: '503' }, 'overloaded'],
    [{ kind: 'stream-error', status: 429 }, 'rate_limited'],
    [{ kind: 'ping' }, 'ping_unanswered'],
    [{ kind: 'bad-mac' }, 'stream_corrupt'],
    [{ kind: 'xml-not-well-formed' }, 'stanza_refused'],
    [{ kind: 'garbage' }, 'undecryptable_frame'],
  ])('by %o shows another QR after a backoff, and Laravel hears nothing', async (fault, reason) => {
    await struck(fault)
    const lost = await world.inState(id, 'reconnecting.waiting')
    expect(lost).toMatchObject({ reason, estado_qr: 'pending', attempts: 1, wa_id: null })
    expect(told()).toEqual(['pending'])
    await world.rest(id)
    await offersAnotherQr()
    await world.told(id, 'pending', 'active')
  })

  it.each<[Partial<Fault>]>([
    [{ kind: '515' }],
    [{ kind: 'unacked' }],
  ])('by %o shows another QR at once', async fault => {
    const { qrRefs } = simulator.counters
    await struck(fault)
    await expect.poll(() => simulator.counters.qrRefs, { timeout: 20_000 }).toBeGreaterThan(qrRefs + 6)
    await offersAnotherQr()
    await world.told(id, 'pending', 'active')
  })

  it.each<[Partial<Fault>, string]>([
    [{ kind: 'replaced' }, 'replaced'],
    [{ kind: 'stream-error', status: 409 }, 'replaced'],
    [{ kind: 'stream-error', status: 402 }, 'temporarily_banned'],
    [{ kind: 'stream-error', status: 411 }, 'client_mismatch'],
    [{ kind: 'stream-error', status: 418 }, 'client_mismatch'],
  ])('by %o is suspended, Laravel hears why, and shows another QR 15 min later', async (fault, reason) => {
    await struck(fault)
    const session = await world.inState(id, 'reconnecting.suspended.resting')
    expect(session).toMatchObject({ reason, estado_qr: 'inactive' })
    expect(Date.parse(session.retry_at!) - world.clock.now()).toBe(15 * MINUTE)
    await expect.poll(told, { timeout: 20_000 }).toContain('inactive')
    await world.rest(id)
    await offersAnotherQr()
    // `pending` may be replaced by what is newer before Laravel is told.
    const heard = () => told().filter(estado => estado !== 'pending')
    await expect.poll(heard, { timeout: 20_000 }).toEqual(['inactive', 'active'])
  })

  it.each<[Partial<Fault>, string, string]>([
    [{ kind: 'removed' }, 'loggedOut.unlinked', 'unlinked'],
    [{ kind: 'stream-error', status: 401 }, 'loggedOut.unlinked', 'unlinked'],
    [{ kind: 'stream-error', status: 403 }, 'loggedOut.banned', 'banned'],
    [{ kind: 'stream-error', status: 406 }, 'loggedOut.banned', 'banned'],
  ])('by %o is logged out, and Laravel hears why', async (fault, state, reason) => {
    await struck(fault)
    expect(await world.inState(id, state)).toMatchObject({ reason, estado_qr: 'inactive', retry_at: null })
    await expect.poll(() => told().at(-1), { timeout: 20_000 }).toBe('inactive')
    expect(world.credentials(id)).toBe(0)
  })
})
