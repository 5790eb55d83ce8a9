import type { Clock } from '../../base/clock.ts'

/** How much of what a busy event loop made late is made up for, in ms; at least two steps. */
const CATCH_UP = 50

/**
 * Lets sockets open at a bounded rate: at most `concurrency` at once, at most `perSecond` begun in any second, and those evenly.
 */
export interface ConnectLimiter {
  /**
   * Resolves with a function that gives the place back (calling it twice does no harm), or null when `signal` aborted first.
   * `onQueued` is called at once if there is no place yet.
   */
  take(signal: AbortSignal, onQueued: () => void): Promise<(() => void) | null>
  waiting(): number
}

export function createConnectLimiter(
  { concurrency, perSecond }: { concurrency: number; perSecond: number },
  clock: Clock,
): ConnectLimiter {
  const queue = new Set<() => void>()
  const step = 1000 / perSecond
  const catchUp = Math.max(CATCH_UP, 2 * step)
  /** When those of the last second began. */
  const begun: number[] = []
  let opening = 0
  /** When the next may begin. */
  let due = 0
  let timer: unknown = null

  const roomIn = () => {
    const now = clock.now()
    while (begun.length > 0 && begun[0]! <= now - 1000) begun.shift()
    const free = begun.length < perSecond ? now : begun[0]! + 1000
    return Math.max(free, Math.floor(due)) - now
  }
  const pump = () => {
    while (queue.size > 0 && opening < concurrency && roomIn() === 0) {
      const [next] = queue
      queue.delete(next!)
      next!()
    }
    if (queue.size > 0 && opening < concurrency && timer === null) {
      timer = clock.setTimeout(() => {
        timer = null
        pump()
      }, roomIn())
    }
  }
  const begin = () => {
    opening++
    begun.push(clock.now())
    due = Math.max(due, clock.now() - catchUp) + step
    let given = false
    return () => {
      if (given) return
      given = true
      opening--
      pump()
    }
  }

  return {
    waiting: () => queue.size,
    take(signal, onQueued) {
      if (signal.aborted) return Promise.resolve(null)
      // Nobody waited: what was not begun until now is nothing to make up for.
      if (queue.size === 0) due = Math.max(due, clock.now())
      if (queue.size === 0 && opening < concurrency && roomIn() === 0) return Promise.resolve(begin())
      onQueued()
      return new Promise(resolve => {
        const abort = () => {
          queue.delete(turn)
          resolve(null)
        }
        const turn = () => {
          signal.removeEventListener('abort', abort)
          resolve(begin())
        }
        signal.addEventListener('abort', abort, { once: true })
        queue.add(turn)
        pump()
      })
    },
  }
}
