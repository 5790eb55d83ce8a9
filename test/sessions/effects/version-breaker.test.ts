import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { opened, World } from '../world.ts'

const MINUTE = 60_000
const REFUSED = {
  type: 'socket.closed',
  code: 405,
  reaction: 'versionRefused',
  reason: 'client_outdated',
  reasonText: 'WhatsApp refuses this client version.',
} as const
const LOST = { ...REFUSED, code: 428, reaction: 'backoff', reason: 'network' } as const

let world: World
const ids = ['s1', 's2', 's3', 's4', 's5']
const live = () => ids.filter(id => world.whatsapp.liveSockets(id).length > 0)
const states = () => ids.map(id => world.state(id))
const outdated = 'reconnecting.suspended.resting'

beforeEach(async () => {
  world = await World.start()
  for (const id of ids) await world.linked(id)
})
afterEach(() => world.end())

/** All sessions lose their connection at once and connect again as soon as they may. */
async function lose(of = ids): Promise<void> {
  for (const id of of) world.whatsapp.socketOf(id).report(LOST)
  await world.settle()
}

/** WhatsApp refuses the first of them, and the others come too late. */
async function refuse(): Promise<void> {
  await lose(['s1'])
  await world.waitForRetry('s1')
  world.whatsapp.socketOf('s1').report(REFUSED)
  await world.settle()
  await lose(['s2', 's3', 's4', 's5'])
  await world.wait(MINUTE)
}

describe('Once WhatsApp refused the version of one session', () => {
  it('no other connects; each says why, and Laravel hears nothing for an hour', async () => {
    const sockets = world.whatsapp.sockets.length
    await refuse()
    expect([live(), world.whatsapp.sockets.length - sockets]).toEqual([[], 1])
    expect(new Set(states())).toEqual(new Set([outdated]))
    for (const id of ids) expect(world.context(id).reason).toBe('client_outdated')
    expect(world.statuses('s2')).toEqual(['pending', 'active'])
    world.whatsapp.onOpen = socket => queueMicrotask(() => socket.report(REFUSED))
    await world.wait(60 * MINUTE)
    expect(world.statuses('s2')).toEqual(['pending', 'active', 'inactive'])
  })

  it('a call does not make another one connect, nor a new session', async () => {
    await refuse()
    await world.commands.start({ sessionId: 's2', userId: 7 })
    await world.commands.start({ sessionId: 'new', userId: 7 })
    await world.settle()
    expect([live(), world.whatsapp.liveSockets('new')]).toEqual([[], []])
    expect([world.state('s2'), world.state('new')]).toEqual([outdated, outdated])
  })

  it('one tries after 15 min, 30 min, and then each hour, whoever comes first', async () => {
    await refuse()
    const began = world.clock.now() - MINUTE
    const tries: number[] = []
    world.whatsapp.onOpen = socket => {
      tries.push(Math.round((world.clock.now() - began) / MINUTE))
      queueMicrotask(() => socket.report(REFUSED))
    }
    for (let i = 0; i < 5 * 60; i++) await world.wait(MINUTE)
    expect(tries).toEqual([15, 45, 105, 165, 225, 285])
  })

  it('all come back at once when it is let in', async () => {
    await refuse()
    await world.wait(14 * MINUTE)
    expect(live()).toEqual(['s1'])
    world.whatsapp.socketOf('s1').report(opened)
    await world.settle()
    expect(live()).toEqual(ids)
    for (const id of ids.slice(1)) world.whatsapp.socketOf(id).report(opened)
    await world.settle()
    expect(new Set(states())).toEqual(new Set(['open.settling']))
    expect(world.versions.problem()).toBe(null)
    expect(world.statuses('s2')).toEqual(['pending', 'active'])
  })

  it('another one tries when the network, or a deletion, ends the try of the first', async () => {
    await refuse()
    await world.wait(14 * MINUTE)
    await world.commands.start({ sessionId: 's2', userId: 7 })
    await world.settle()
    expect([live(), world.state('s2')]).toEqual([['s1'], 'starting.queued'])
    world.whatsapp.socketOf('s1').report(LOST)
    await world.settle()
    expect(live()).toEqual(['s2'])
    void world.commands.delete('s2', world.clock.now())
    await world.commands.start({ sessionId: 's3', userId: 7 })
    await world.settle()
    world.whatsapp.socketOf('s2').report(LOST)
    await world.settle()
    expect(live()).toEqual(['s3'])
  })

  it('readiness says what mends it and when the next try is', async () => {
    expect(world.versions.problem()).toBe(null)
    await refuse()
    const next = new Date(world.clock.now() - MINUTE + 15 * MINUTE).toISOString().slice(0, 17)
    expect(world.versions.problem()).toEqual({
      code: 'CLIENT_OUTDATED',
      message: expect.stringMatching(/WHATSAPP_VERSION .*restart.* without a new QR/),
      said: [{ says: 'refused', values: { next: expect.stringContaining(next) } }],
    })
    expect(world.versions.problem()?.message).toContain(next)
    expect(world.logs.filter(line => line.includes('WHATSAPP_VERSION'))).toHaveLength(1)
  })
})

describe('A new process, perhaps with another version,', () => {
  beforeEach(async () => {
    await refuse()
    world.kill()
  })

  it('lets one try first and the others wait for it; all come back, linked as they were', async () => {
    await world.boot()
    await world.settle()
    expect(live()).toHaveLength(1)
    const [first] = live() as [string]
    expect(ids.filter(id => id !== first).map(id => world.state(id))).toEqual(
      Array(4).fill('starting.queued'),
    )
    world.whatsapp.socketOf(first).report(opened)
    await world.settle()
    expect(live()).toEqual(ids)
    for (const id of ids) if (id !== first) world.whatsapp.socketOf(id).report(opened)
    await world.settle()
    expect(new Set(states())).toEqual(new Set(['open.settling']))
    for (const id of ids) expect(world.context(id)).toMatchObject({ linked: true, waId: '34600000001' })
  })

  it('is refused once if its version is no better', async () => {
    await world.boot()
    await world.settle()
    const [first] = live() as [string]
    world.whatsapp.socketOf(first).report(REFUSED)
    await world.settle()
    expect([live(), world.whatsapp.sockets.length]).toEqual([[], 1])
    expect(new Set(states())).toEqual(new Set([outdated]))
    expect(world.versions.problem()?.message).toMatch(/405/)
  })
})
