/** Whose answer it was. */
export interface Sender {
  lane: string
  sessionId: string
}

/** What the last answer of a lane was. */
interface Answer {
  failed: boolean
  sessionId: string
  /** When it was given; of failures in a row, the first. */
  at: number
  /** The time that the answer asked to wait for, or 0. */
  retryAt: number
}

/** Lanes whose last answers are remembered. */
const WINDOW = 10
/** Fewer lanes that fail together may all be at fault themselves. */
const ENOUGH = 5
/** So many lanes, or sessions, that fail leave no doubt about the route. */
const CERTAIN = 8
const MOST_REMEMBERED = 10_000

/**
 * What the answers to one route say of the route itself: it fails when most of the lanes that were answered last have failed, or when a
 * lane fails again and nothing at all was accepted since it first did. A lane, or a session with all its lanes, that fails
 * while others are accepted is at fault itself, and says nothing until it is accepted again. So is a lane of a route that has accepted
 * something, if the answer is one that a route that works gives: such answers speak against the route only when many lanes get them.
 */
export function createEvidence() {
  /** One answer a lane, the oldest first. */
  const answers = new Map<string, Answer>()
  /** What fails, and how many answers had been 2xx when it first did. */
  const failingLanes = new Map<string, number>()
  const failingSessions = new Map<string, number>()
  let accepted = 0
  let repeated = false

  function note(lane: string, answer: Answer): void {
    answers.delete(lane)
    answers.set(lane, answer)
    if (answers.size > WINDOW) dropOldest(answers)
  }

  const failures = () => [...answers.values()].filter(({ failed }) => failed)

  return {
    accepted({ lane, sessionId }: Sender, at: number): void {
      accepted++
      repeated = false
      failingLanes.delete(lane)
      failingSessions.delete(sessionId)
      note(lane, { failed: false, sessionId, at, retryAt: 0 })
    },

    /** True if the lane or its session is at fault itself. `ofOne`: a route that works may give such an answer to one lane. */
    failed({ lane, sessionId }: Sender, at: number, retryAt: number | null, ofOne = false): boolean {
      const known = firstFailure(failingLanes, lane, accepted)
      const session = firstFailure(failingSessions, sessionId, accepted) ?? accepted
      if (session < accepted || (known !== null && known < accepted)) return true
      const own = ofOne && accepted > 0
      repeated ||= known !== null && !own
      const before = answers.get(lane)
      const since = before?.failed ? before.at : at
      note(lane, { failed: true, sessionId, at: since, retryAt: retryAt ?? 0 })
      return own
    },

    /** The route fails; `quiet` if no other attempt is in flight, whose answer would tell more. */
    routeFails(quiet: boolean): boolean {
      const count = failures().length
      return (repeated && quiet) || (count >= ENOUGH && count * 2 > answers.size)
    },

    /** Whether an attempt of this lane would tell more than those that failed. */
    wouldTell({ lane, sessionId }: Sender): boolean {
      const failed = failures()
      if (failed.length < CERTAIN && !failingLanes.has(lane)) return true
      return new Set(failed.map(answer => answer.sessionId)).size < CERTAIN && !failingSessions.has(sessionId)
    },

    /** The lane, or one of its session, failed when it was last answered. */
    hasFailed: ({ lane, sessionId }: Sender) => failingLanes.has(lane) || failingSessions.has(sessionId),

    /** Since when the route fails. */
    since: () => Math.min(...failures().map(({ at }) => at)),
    /** The latest time that a failure asked to wait for, or 0. */
    retryAt: () => Math.max(0, ...failures().map(({ retryAt }) => retryAt)),

    /**
     * The route works again, as one accepted answer says: what failed before says nothing of it any more. So many that failed together
     * failed for its sake, and may say so again; fewer may be at fault themselves.
     */
    clear(): void {
      answers.clear()
      repeated = false
      const together = (failing: Map<string, number>) =>
        [...failing].filter(([, before]) => before >= accepted - 1).map(([name]) => name)
      const lanes = together(failingLanes)
      if (lanes.length < ENOUGH) return
      for (const lane of lanes) failingLanes.delete(lane)
      for (const session of together(failingSessions)) failingSessions.delete(session)
    },
  }
}

/** How many had been accepted when `key` first failed; null if it does so now. */
function firstFailure(failing: Map<string, number>, key: string, accepted: number): number | null {
  const known = failing.get(key)
  if (known !== undefined) return known
  failing.set(key, accepted)
  if (failing.size > MOST_REMEMBERED) dropOldest(failing)
  return null
}

function dropOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
