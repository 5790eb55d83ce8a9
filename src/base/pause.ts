import type { Clock } from './clock.ts'

/** Resolves after `ms`, or as soon as `signal` aborts; leaves neither a timer nor a listener behind. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** What was asked for, or null: it was not to be had, or not within `ms`. Never rejects. */
export function within<T>(clock: Clock, ms: number, asked: Promise<T>): Promise<T | null> {
  return new Promise(resolve => {
    const timer = clock.setTimeout(() => resolve(null), ms)
    asked
      .then(resolve, () => resolve(null))
      .finally(() => {
        clock.clearTimeout(timer)
      })
  })
}
