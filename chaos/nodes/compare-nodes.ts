import type { Finding } from '../compare-records.ts'
import type { Held } from './node-rounds.ts'

export interface NodeRecords {
  /** When a session logged in while it was still there on another connection; ms since 1970. */
  replaced: { account: string; at: number }[]
  held: Held[]
  /** As long as the database grants a lease, in ms. */
  leaseMs: number
  /** Writes of owners that were none any more. */
  refused: number
  /** Sends that were accepted while nobody had their session. */
  left: number
}

/** Of a lease, when it was renewed last before its node was held: renewals come at a third of it. */
const LEFT = 2 / 3
/** What was claimed in the last moment is opened a little later, and who wakes needs a moment to end its sockets. */
const OPENING_MS = 5_000
const SHOWN = 5

/** What must hold of several nodes beside what must hold of one. A node that was held for longer than its lease cannot end its sockets. */
export function compareNodes({ replaced, held, leaseMs, refused, left }: NodeRecords): Finding[] {
  const hadNoLease = (at: number) =>
    held.some(({ from, to }) => at >= from + leaseMs * LEFT && at <= to + OPENING_MS)
  const wrong = replaced.filter(({ at }) => !hadNoLease(at))
  const line = (name: string, count: number, wanted: number | null, details: string[] = []): Finding => ({
    ...{ direction: 'sessions', name, count, wanted, details },
  })
  return [
    line(
      'two sockets at once under valid leases',
      wrong.length,
      0,
      wrong.slice(0, SHOWN).map(({ account, at }) => `${account} at ${new Date(at).toISOString()}`),
    ),
    line('two sockets at once, one held by SIGSTOP', replaced.length - wrong.length, null),
    line('stale writes, all refused', refused, null),
    line('sends accepted while no node had their session', left, null),
  ]
}
