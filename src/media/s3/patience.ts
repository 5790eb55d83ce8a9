import type { Clock } from '../../base/clock.ts'
import { pause } from '../../base/pause.ts'
import { isTransient } from './s3-failures.ts'

const FIRST_MS = 100
const NEVER = new AbortController().signal

/**
 * Whether, and when, something is tried once more that goes no step further, for so long after it first failed: after twice as long each time, with full jitter, as AWS advises
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
 */
export function createPatience(clock: Clock, forMs: number) {
  let until: number | null = null
  let longest = FIRST_MS
  return {
    /** It went on: the next failure is a first one. */
    progress(): void {
      until = null
      longest = FIRST_MS
    },
    /** Resolves when it is to be tried again; rejects with the error when that makes no sense. */
    async after(error: unknown): Promise<void> {
      until ??= clock.now() + forMs
      const wait = Math.random() * longest
      if (!isTransient(error) || clock.now() + wait > until) throw error
      longest *= 2
      await pause(clock, wait, NEVER)
    },
  }
}

export async function withPatience<T>(
  patience: ReturnType<typeof createPatience>,
  attempt: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      await patience.after(error)
    }
  }
}
