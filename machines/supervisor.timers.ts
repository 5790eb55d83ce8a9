/** How often the supervisor does what, in ms. REAP_EVERY_MS replaces `reapEvery`. */
export const SUPERVISOR_TIMES = { reapEvery: 60_000, storeRetry: 2_000 } as const

/** Restart intensity: more crashes than this within the window suspend the session. */
export const CRASHES = { most: 5, withinMs: 60_000 } as const

/**
 * When a session that the store refused comes back, in ms: the first wait, doubled each time up to the longest, and how long after a
 * return the next wait is the first again.
 */
export const RETURN = { first: 1000, longest: 60_000, forgottenAfter: 300_000 } as const
