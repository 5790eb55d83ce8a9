/** How long messages of a chat stay: seconds, 0 for ever; and since when that holds, in seconds since 1970. */
export type Timer = { expiration: number; setAt: number }

/** The newer of two settings. */
export const newerTimer = (one: Timer | undefined, other: Timer): Timer =>
  one && one.setAt > other.setAt ? one : other
