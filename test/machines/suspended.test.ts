import { describe, expect, it } from 'vitest'
import type { Reaction } from '../../machines/facts.ts'
import { estadoQrOf } from '../../machines/session.state.ts'
import { upcast } from '../../machines/session.upcasters.ts'
import {
  closed,
  crashedTooOften,
  fact,
  HOUR,
  linked,
  MINUTE,
  opened,
  type Probe,
  paired,
  SECOND,
  said,
  shown,
} from './probe.ts'

const estado = (s: Probe) => estadoQrOf(s.state, s.context)
const fails = closed('backoffCounted', 'unknown')

/** A linked session that WhatsApp refused five times at its login. */
async function refusedFiveTimes(s = linked()): Promise<Probe> {
  if (s.context.intent === 'none') s.send(fact('restart.requested'))
  else await s.waitForRetry()
  for (let i = 1; i <= 5; i++) {
    expect(s.state).toBe('starting.connecting')
    s.send(fails)
    if (s.asking) s.send(said('active'))
    if (i < 5) await s.waitForRetry()
  }
  expect(s.state).toBe('reconnecting.suspended.resting')
  return s
}

/** The rests of a session whose every try is answered in the same way, in minutes. */
async function rests(s: Probe, answer = fails, count = 6): Promise<number[]> {
  const lengths: number[] = []
  for (let i = 0; i < count; i++) {
    expect(s.state).toBe('reconnecting.suspended.resting')
    const [began, sockets] = [s.clock.now(), s.sockets.length]
    await s.waitForRetry()
    lengths.push((s.clock.now() - began) / MINUTE)
    expect([s.state, s.sockets.length]).toEqual(['starting.connecting', sockets + 1])
    s.send(answer)
  }
  return lengths
}

describe('Five failures in a row at login', () => {
  it('are followed by one try after 15 min, 30 min, and then each hour, for ever', async () => {
    const s = await refusedFiveTimes()
    expect(await rests(s, fails, 50)).toEqual([15, 30, ...Array.from({ length: 48 }, () => 60)])
  })

  it('leave Laravel with active for an hour, and with inactive from then on until it is open', async () => {
    const s = await refusedFiveTimes()
    const began = s.clock.now()
    const heard: [minute: number, estado: string][] = []
    while (s.clock.now() < began + 5 * HOUR) {
      if (s.state === 'starting.connecting') s.send(fails)
      if (heard.at(-1)?.[1] !== estado(s)) heard.push([(s.clock.now() - began) / MINUTE, estado(s)])
      await s.wait(SECOND)
      if (s.state === 'starting.connecting' && estado(s) !== heard.at(-1)![1])
        throw new Error('a mere try was told')
    }
    expect(heard).toEqual([
      [0, 'active'],
      [60, 'inactive'],
    ])
    await s.waitForRetry()
    expect(estado(s)).toBe('inactive')
    s.send(opened)
    expect([s.state, estado(s), s.context.reason]).toEqual(['open.settling', 'active', null])
  })

  it('are told at once if nobody is linked yet', async () => {
    const s = await refusedFiveTimes(shown().send(paired, closed('reconnectNow')))
    expect([s.context.linked, estado(s)]).toEqual([false, 'inactive'])
  })

  it('keep what remains of the rest, and of the hour, over restarts and crashes', async () => {
    const s = await refusedFiveTimes()
    await s.wait(10 * MINUTE)
    await s.restart(2 * MINUTE)
    s.send({ type: 'session.crashed', error: 'TypeError' })
    await s.wait(3 * MINUTE - 1)
    expect(s.state).toBe('reconnecting.suspended.resting')
    await s.wait(1)
    expect(s.state).toBe('starting.connecting')
    await s.send(fails).wait(30 * MINUTE)
    await s.send(fails).restart(14 * MINUTE)
    expect(estado(s)).toBe('active')
    await s.wait(MINUTE)
    expect([s.state, estado(s)]).toEqual(['reconnecting.suspended.resting', 'inactive'])
  })

  it('begin from 15 min again only after an open that held 5 min, or on request', async () => {
    const s = await refusedFiveTimes()
    await rests(s, fails, 2)
    await s.waitForRetry()
    await s.send(opened).wait(5 * MINUTE - 1)
    await refusedAgain(s)
    expect(await rests(s, fails, 1)).toEqual([60])
    await s.waitForRetry()
    await s.send(opened).wait(5 * MINUTE)
    expect(s.context.outage).toBe(null)
    await refusedAgain(s)
    expect(await rests(s, fails, 2)).toEqual([15, 30])
    s.send(fact('start.requested'))
    expect([s.state, s.context.outage]).toEqual(['starting.connecting', null])
  })

  const refusedAgain = async (s: Probe) => {
    s.send(closed('backoff'))
    for (let i = 0; i < 5; i++)
      await s
        .send(said('active'))
        .waitForRetry()
        .then(() => s.send(fails))
  }

  it('in between lose no count to a network that fails', async () => {
    const s = await refusedFiveTimes()
    await s.waitForRetry()
    await s.send(closed('backoff'), said('active')).waitForRetry()
    expect(await rests(s.send(fails), fails, 1)).toEqual([30])
  })
})

describe('A suspension', () => {
  it.each<[Reaction, string, string]>([
    ['suspend', 'replaced', 'inactive'],
    ['suspend', 'client_mismatch', 'inactive'],
    ['suspend', 'temporarily_banned', 'inactive'],
    ['suspend', 'credentials_corrupt', 'inactive'],
    ['versionRefused', 'client_outdated', 'active'],
  ])('by %s because of %s is tried again in the same way, Laravel has %s', async (reaction, reason, told) => {
    const s = linked().send(closed(reaction, reason))
    expect([s.context.reason, estado(s)]).toEqual([reason, told])
    expect(await rests(s, closed(reaction, reason))).toEqual([15, 30, 60, 60, 60, 60])
    expect([estado(s), s.effects]).toEqual(['inactive', []])
  })

  it('by too many crashes is, too', async () => {
    const s = linked().send(crashedTooOften)
    expect(await rests(s, crashedTooOften, 4)).toEqual([15, 30, 60, 60])
  })

  it('by a ban ends when WhatsApp said, and a second one not before its rest', async () => {
    const s = linked()
    const ban = (ms: number) => closed('suspend', 'temporarily_banned', s.clock.now() + ms)
    s.send(ban(SECOND))
    expect(await rests(s, ban(2 * SECOND), 2)).toEqual([1 / 60, 30])
    await s.waitForRetry()
    await s.send(ban(100 * HOUR)).wait(100 * HOUR - 1)
    expect(s.state).toBe('reconnecting.suspended.resting')
    expect((await s.wait(1)).state).toBe('starting.connecting')
  })

  it.each(['logout', 'delete'] as const)('tries a %s that is owed in the same way', async intent => {
    const s = await refusedFiveTimes(linked().send(fact(`${intent}.requested`), closed('backoff')))
    expect(await rests(s, fails, 3)).toEqual([15, 30, 60])
    await s.waitForRetry()
    s.send(opened)
    expect([s.state, s.socket?.logouts]).toEqual(['open.unlinking', 1])
  })

  it.each(['replaced', 'client_outdated'])('because of %s ends with a new process', async reason => {
    const s = await linked()
      .send(closed(reason === 'replaced' ? 'suspend' : 'versionRefused', reason))
      .restart()
    expect([s.state, s.context.outage?.rests]).toEqual(['starting.connecting', 1])
  })

  it('because of the version ends as soon as WhatsApp takes it, and no other does', () => {
    const outdated = linked().send(closed('versionRefused', 'client_outdated'), fact('version.accepted'))
    expect(outdated.state).toBe('starting.connecting')
    const other = linked().send(closed('suspend', 'replaced'))
    expect(other.can(fact('version.accepted'))).toBe(false)
  })
})

describe('A session that was suspended for ever before version 4', () => {
  const stored = async (changes: object) => {
    const s = linked().send(closed('suspend', 'client_mismatch'))
    const { outage: _, ...context } = JSON.parse(JSON.stringify({ ...s.context, retryAt: null, ...changes }))
    return { at: s.clock.now(), row: { state: s.state, context, machineVersion: '3' } }
  }

  it('is tried 15 min after it was suspended', async () => {
    const { at, row } = await stored({})
    const { state, context } = upcast(row)
    expect([state, context.retryAt]).toEqual(['reconnecting.suspended.resting', at + 15 * MINUTE])
    expect(context.outage).toEqual({ since: at, rests: 1, told: true })
  })

  it('keeps the end that it had', async () => {
    const { row } = await stored({ retryAt: 12345 })
    expect(upcast(row).context.retryAt).toBe(12345)
  })

  it('is the only kind of session that changes', async () => {
    const { row } = await stored({ retryAt: 12345 })
    const { context } = upcast({ ...row, state: 'reconnecting.waiting' })
    expect(context).toMatchObject({ ...row.context, outage: null })
  })
})

describe('A session that opens and drops each time', () => {
  it.each<Reaction>([
    'backoff',
    'backoffCounted',
    'reconnectNow',
  ])('still backs off, by %s', async reaction => {
    const s = linked()
    const waits: number[] = []
    for (let i = 0; i < 40; i++) {
      const began = s.clock.now()
      s.send(closed(reaction))
      if (s.asking) await s.send(said('active')).waitForRetry()
      waits.push(s.clock.now() - began)
      expect(s.send(opened).state).toBe('open.settling')
      await s.wait(5 * MINUTE - 1)
    }
    const late = waits.slice(20)
    expect(late.reduce((sum, wait) => sum + wait) / late.length).toBeGreaterThan(MINUTE)
    await s.wait(1)
    expect(s.context).toMatchObject({ attempts: 0, restarts: 0 })
  })
})
