import { describe, expect, it } from 'vitest'
import { hasTag } from '../../machines/session.state.ts'
import { closed, HOUR, isHome, leafStates, linked, MINUTE, Probe, SECOND, said } from './probe.ts'
import { reached } from './reached.ts'

/** The only reasons for which a session may wait for a call, by what is true of it then. */
const EXCEPTIONS: Record<string, (s: Probe) => boolean> = {
  'nobody is linked': ({ state, context }) => context.waId === null || hasTag(state, 'loggedOut'),
  'WhatsApp banned the account': ({ state }) => state === 'loggedOut.banned',
  'Laravel said no': ({ context: { reason } }) => reason === 'laravel_inactive',
}

/** The longest rest that ends by itself is the sleep of 6 h; a ban ends when WhatsApp said. */
const LONGEST = 6 * HOUR + 10 * MINUTE

/** A session with a link in each state that facts and timers lead to, its timers running. */
const linkedOnes = reached.filter(({ snapshot }) => snapshot.context.waId !== null)
const lives = linkedOnes.map(({ way }) => () => {
  const s = new Probe()
  for (const { at: _, ...event } of way) s.send(event as never)
  // As if the ban were over.
  if (s.context.retryAt === Number.MAX_SAFE_INTEGER) s.snapshot.context.retryAt = s.clock.now() + SECOND
  return s
})

describe('Against a WhatsApp that works again, and with nobody calling,', () => {
  it.each([
    ['its timers alone', async () => {}],
    ['a restart of the process and its timers', (s: Probe) => s.restart(SECOND)],
  ])('%s bring every session with a link back to open', { timeout: 300_000 }, async (_, disturb) => {
    const left = new Set<string>()
    const excepted = new Set<string>()
    for (const live of lives) {
      const s = live()
      const from = s.state
      await disturb(s)
      await s.goesOnAlone(LONGEST)
      const why = Object.keys(EXCEPTIONS).find(name => EXCEPTIONS[name]!(s))
      if (isHome(s)) left.add(from)
      else expect(why, `${from} ended in ${s.state}: ${JSON.stringify(s.context)}`).toBeDefined()
      if (!isHome(s)) excepted.add(s.state)
      s.stop()
    }
    expect([...left].filter(state => !state.startsWith('loggedOut')).sort()).toEqual(
      leafStates.filter(leaf => /^(starting|open|reconnecting|awaitingQr\.linking)/.test(leaf)).sort(),
    )
    expect([...excepted].sort()).toEqual(['loggedOut.banned', 'loggedOut.unlinked'])
  })

  it('a session waits that is banned, or of which Laravel says no', async () => {
    const banned = await linked()
      .send(closed('banned', 'banned'))
      .goesOnAlone(48 * HOUR)
    expect(banned.state).toBe('loggedOut.banned')
    const refused = linked().send(closed('backoff'), said('inactive'))
    await refused.goesOnAlone(48 * HOUR + MINUTE, 'inactive')
    expect([refused.state, refused.sockets.length]).toEqual(['reconnecting.suspended.resting', 2])
    expect((await refused.goesOnAlone(15 * MINUTE)).state).toBe('open.settling')
  })
})
