import type { SessionContext } from './session.context.ts'

const MINUTE = 60_000

/** How long a suspended session rests before it is tried again, in ms: the first time, the second, and from then on. */
const LENGTHS = [15 * MINUTE, 30 * MINUTE, 60 * MINUTE] as const

/** How long the `rests`th rest in a row lasts, in ms. */
export const restLength = (rests: number): number => LENGTHS[rests - 1] ?? LENGTHS[2]

/**
 * What a session remembers that is suspended at `at`: how often it was since it was last well, and when it is tried again. `told`:
 * Laravel hears of it now. `until` (ms since the epoch): WhatsApp said when it may come back; a second time, never before its rest.
 */
export function rest(
  { outage, linked }: Pick<SessionContext, 'outage' | 'linked'>,
  { at }: { at: number },
  { told, until }: { told: boolean; until?: number | null | undefined },
): Pick<SessionContext, 'outage' | 'retryAt'> {
  const rests = (outage?.rests ?? 0) + 1
  const rested = at + restLength(rests)
  const allowed = until == null ? rested : rests === 1 ? until : Math.max(until, rested)
  // Who waits for a QR hears at once that none will come.
  const isTold = told || outage?.told === true || !linked
  return { retryAt: allowed, outage: { since: outage?.since ?? at, rests, told: isTold } }
}
