import { describe, expect, it } from 'vitest'
import { nextReachOutLock, reachOutLockedFor } from '../../machines/session.limits.ts'
import { closed, fact, HOUR, linked, MINUTE, Probe } from './probe.ts'

/** WhatsApp refuses a message to somebody new. */
function refuse(s: Probe): Probe {
  const until = nextReachOutLock(s.context, s.clock.now())
  return until === null ? s : s.send({ type: 'reachOut.locked', until })
}
const lockedFor = (s: Probe) => reachOutLockedFor(s.context, s.clock.now())

describe('The pause of sends to people the account never wrote with (463)', () => {
  it('lasts an hour, and twice as long when WhatsApp refuses again', async () => {
    const s = linked()
    expect(lockedFor(s)).toBe(0)
    refuse(s)
    await s.wait(MINUTE)
    refuse(s)
    expect(lockedFor(s)).toBe(HOUR - MINUTE)
    await s.wait(HOUR - MINUTE)
    expect(lockedFor(s)).toBe(0)
    expect(lockedFor(refuse(s))).toBe(2 * HOUR)
  })

  it('lasts a day at most, and an hour again after a day without a refusal', async () => {
    const s = linked()
    for (let i = 0; i < 10; i++) await refuse(s).wait(lockedFor(s))
    expect(lockedFor(refuse(s))).toBe(24 * HOUR)
    await s.wait(48 * HOUR)
    expect(lockedFor(refuse(s))).toBe(HOUR)
  })

  it('is kept over a restart and a reconnect', async () => {
    const s = refuse(linked())
    await s.restart(10 * MINUTE)
    expect(lockedFor(s)).toBe(50 * MINUTE)
    s.send(fact('restart.requested'))
    expect(lockedFor(s)).toBe(50 * MINUTE)
  })
})

describe('What WhatsApp refused to one account', () => {
  it('is not held against the next number that is linked', () => {
    const s = refuse(linked()).send({ type: 'sends.slowed', perMinute: 12, until: Number.MAX_SAFE_INTEGER })
    s.send(closed('banned', 'banned'), fact('start.requested'))
    expect([lockedFor(s), s.context.slowdown]).toEqual([0, null])
  })
})

describe('The slowdown after too many messages (429)', () => {
  it('is in the context with its end, in every state', async () => {
    const s = linked()
    const at = s.clock.now()
    const slowdown = { perMinute: 12, until: at + 5 * MINUTE }
    s.send({ type: 'sends.slowed', ...slowdown })
    expect(s.context.slowdown).toEqual({ at, ...slowdown })
    await s.restart()
    expect(s.context.slowdown).toEqual({ at, ...slowdown })
    const longer = { ...slowdown, pausedUntil: at + MINUTE }
    s.send({ type: 'sends.slowed', ...longer })
    await s.restart()
    expect(s.context.slowdown).toMatchObject(longer)
    const fresh = new Probe().send({ type: 'sends.slowed', ...slowdown })
    expect(fresh.context.slowdown?.perMinute).toBe(12)
  })
})
