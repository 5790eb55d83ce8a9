import type { SessionContext } from './session.context.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** After WhatsApp's refusal of a message to somebody new (463), in ms; doubled by each one within a day of the last. */
const REACH_OUT_LOCK = { first: HOUR, longest: 24 * HOUR }

/** How long sends stay slow after WhatsApp took too many (429), in ms. */
export const SLOW_FOR = 5 * MINUTE

/** Nothing leaves for this long after it said so; what it says meanwhile about earlier sends is the same complaint, in ms. */
export const SLOW_PAUSE = 5_000

/** The longest pause that WhatsApp can ask for (`backoff`), in ms. */
export const LONGEST_PAUSE = HOUR

/** When the pause after WhatsApp's complaint ends, in ms since the epoch. */
export const pauseEndOf = ({ at, pausedUntil }: NonNullable<SessionContext['slowdown']>): number =>
  pausedUntil ?? at + SLOW_PAUSE

type Locked = Pick<SessionContext, 'reachOutLock'>

/** Until when the account may write to nobody new after a refusal at `at` (ms since the epoch); null while a lock holds already. */
export function nextReachOutLock({ reachOutLock: last }: Locked, at: number): number | null {
  // WhatsApp says so once for every message that was on its way.
  if (last !== null && at < last.until) return null
  const { first, longest } = REACH_OUT_LOCK
  const again = last !== null && at < last.until + longest
  return at + (again ? Math.min(2 * (last.until - last.at), longest) : first)
}

/** How long the account may still write to nobody new, in ms; 0 if it may. */
export const reachOutLockedFor = ({ reachOutLock }: Locked, now: number): number =>
  Math.max(0, (reachOutLock?.until ?? 0) - now)
