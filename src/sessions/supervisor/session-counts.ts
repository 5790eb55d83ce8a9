import type { SessionContext } from '../../../machines/session.context.ts'
import { hasTag, splitState } from '../../../machines/session.state.ts'
import type { SessionStanding, SupervisorContext } from '../../../machines/supervisor.setup.ts'
import type { Problem } from '../../base/problem.ts'
import type { Stats } from '../../ports/session-queries.ts'
import type { SessionRow } from '../../ports/session-table.ts'
import { showStoredSession } from '../host/stored-session.ts'
import { warningOf } from './quarantine.ts'

/** Without a message for this long a session counts as inactive in /stats, in ms. */
const INACTIVE_AFTER = 5 * 60_000

interface Known {
  createdAt: number
  /** The last message in or accepted send, in ms. */
  lastActivity: number
  standing: SessionStanding
}

/** Tells the supervisor's machine how the standing of a session changed. */
type OnChange = (was: SessionStanding | null, is: SessionStanding | null) => void

/**
 * What is committed of every session, as far as it is counted: in creation order, and in the order of their last activity, so that
 * nothing that is asked here looks at each session.
 */
export class SessionCounts {
  readonly #onChange: OnChange
  readonly #known = new Map<string, Known>()
  /** Sessions by their last activity, longest ago first; those that were found quiet stand in `#quiet`. */
  readonly #byActivity = new Map<string, number>()
  readonly #quiet = new Map<string, number>()
  readonly #withoutCredentials = new Set<string>()

  constructor(onChange: OnChange) {
    this.#onChange = onChange
  }

  /** Sessions of a store that was just opened, in creation order. None of them was active after `now` (ms), whatever an old clock said. */
  fill(rows: SessionRow[], now: number): void {
    for (const row of rows) {
      const { sessionId, createdAt } = row
      if (this.#known.has(sessionId)) continue
      const lastActivity = Math.min(row.lastActivity, now)
      const { state, context } = showStoredSession(row)
      const standing = standingOf(state, context)
      this.#known.set(sessionId, { createdAt, lastActivity, standing })
      this.#noteReason(sessionId, context)
      this.#onChange(null, standing)
    }
    const sorted = [...this.#known].sort(([, a], [, b]) => a.lastActivity - b.lastActivity)
    this.#byActivity.clear()
    this.#quiet.clear()
    for (const [sessionId, { lastActivity }] of sorted) this.#byActivity.set(sessionId, lastActivity)
  }

  /** A lifecycle fact was committed. */
  committed(sessionId: string, state: string, context: SessionContext): void {
    const is = standingOf(state, context)
    this.#noteReason(sessionId, context)
    const known = this.#known.get(sessionId)
    if (known === undefined) {
      const { createdAt } = context
      this.#known.set(sessionId, { createdAt, lastActivity: createdAt, standing: is })
      this.#byActivity.set(sessionId, createdAt)
      this.#onChange(null, is)
      return
    }
    const was = known.standing
    known.standing = is
    const same = was.state === is.state && was.publishing === is.publishing && was.tracked === is.tracked
    if (!same) this.#onChange(was, is)
  }

  /** A message in, or an accepted send, was committed. */
  active(sessionId: string, at: number): void {
    const known = this.#known.get(sessionId)
    if (known === undefined || at < known.lastActivity) return
    known.lastActivity = at
    this.#forgetActivity(sessionId)
    this.#byActivity.set(sessionId, at)
  }

  /** Its tombstone was committed. */
  deleted(sessionId: string): void {
    const known = this.#known.get(sessionId)
    if (known === undefined) return
    this.#known.delete(sessionId)
    this.#withoutCredentials.delete(sessionId)
    this.#forgetActivity(sessionId)
    this.#onChange(known.standing, null)
  }

  /** All of them are somebody else's. */
  clear(): void {
    for (const sessionId of [...this.#known.keys()]) this.deleted(sessionId)
  }

  /** What /stats says, with what the supervisor's machine has counted. */
  stats({ byState, publishing, tracked }: SupervisorContext['counts'], now: number): Stats {
    const states = Object.entries(byState).filter(([, count]) => count > 0)
    return {
      sessions: {
        totalSessions: states.reduce((sum, [, count]) => sum + count, 0),
        activeSessions: byState.open ?? 0,
        inactiveSessions: this.quietSince(now - INACTIVE_AFTER),
        oldestSession: now - (this.oldest() ?? now),
      },
      qr: { pendingQR: publishing, trackedSessions: tracked },
      byState: Object.fromEntries(states),
    }
  }

  /** Sessions whose credentials cannot be read. */
  warning(): Problem | null {
    if (this.#withoutCredentials.size === 0) return null
    return warningOf(
      { code: 'CREDENTIALS_UNREADABLE', says: 'unreadable' },
      [...this.#withoutCredentials],
      'cannot log in, because the stored credentials cannot be read: restore DATA_DIR from a backup, or DELETE and link again',
    )
  }

  /** When the oldest session was created, in ms; null if there is none. */
  oldest(): number | null {
    for (const { createdAt } of this.#known.values()) return createdAt
    return null
  }

  /** How many sessions had no activity since `since` (ms, exclusive); `since` must not go back. */
  quietSince(since: number): number {
    for (const [sessionId, at] of this.#byActivity) {
      if (at >= since) break
      this.#byActivity.delete(sessionId)
      this.#quiet.set(sessionId, at)
    }
    return this.#quiet.size
  }

  /** Sessions whose last activity was at `since` (ms) or before, longest ago first. */
  idleSince(since: number): string[] {
    const idle: string[] = []
    for (const times of [this.#quiet, this.#byActivity])
      for (const [sessionId, at] of times) {
        if (at > since) return idle
        idle.push(sessionId)
      }
    return idle
  }

  /** Whether it is one of those. */
  isIdleSince(sessionId: string, since: number): boolean {
    const known = this.#known.get(sessionId)
    return known !== undefined && known.lastActivity <= since
  }

  #noteReason(sessionId: string, { reason }: SessionContext): void {
    if (reason === 'credentials_corrupt') this.#withoutCredentials.add(sessionId)
    else this.#withoutCredentials.delete(sessionId)
  }

  #forgetActivity(sessionId: string): void {
    this.#byActivity.delete(sessionId)
    this.#quiet.delete(sessionId)
  }
}

function standingOf(dotted: string, { qr }: Pick<SessionContext, 'qr'>): SessionStanding {
  return {
    state: splitState(dotted).state,
    publishing: hasTag(dotted, 'publishing'),
    tracked: qr.published !== null,
  }
}
