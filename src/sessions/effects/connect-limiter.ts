import type { Clock } from '../../base/clock.ts'

/** How much of what a busy event loop made late is made up for, in ms; at least two steps. */
const CATCH_UP = 50

/**
 * Lets sockets open at a bounded rate: at most `concurrency` at once, at most `perSecond` begun in any second, and those evenly.
 */
export interface ConnectLimiter {
  /** Resolves with a place, or null when `signal` aborted first. `onQueued` is called at once if there is no place yet. */
  take(signal: AbortSignal, onQueued: () => void): Promise<Place | null>
  waiting(): number
}

export interface Place {
  /** A socket begins now: the rate counts from here, however long a busy event loop has made it wait for its turn. */
  begun(): void
  /** It is not needed any more; twice does no harm. */
  giveBack(): void
}

export function createConnectLimiter(
  { concurrency, perSecond }: { concurrency: number; perSecond: number },
  clock: Clock,
): ConnectLimiter {
  const queue = new Set<() => void>()
  const step = 1000 / perSecond
  const catchUp = Math.max(CATCH_UP, 2 * step)
  /** When those of the last second began, in order of their turns; null: about to. */
  const begun: { at: number | null }[] = []
  let opening = 0
  /** When the next may begin. */
  let due = 0
  let timer: unknown = null

  const roomIn = () => {
    const now = clock.now()
    while (begun.length > 0 && (begun[0]!.at ?? now) <= now - 1000) begun.shift()
    const oldest = begun.length < perSecond ? now - 1000 : begun[0]!.at
    // It makes room a second after it has begun.
    if (oldest === null) return Number.POSITIVE_INFINITY
    const free = oldest + 1000
    return Math.max(free, Math.floor(due)) - now
  }
  const pump = () => {
    while (queue.size > 0 && opening < concurrency && roomIn() === 0) {
      const [next] = queue
      queue.delete(next!)
      next!()
    }
    const room = roomIn()
    if (queue.size > 0 && opening < concurrency && timer === null && room < Number.POSITIVE_INFINITY) {
      timer = clock.setTimeout(() => {
        timer = null
        pump()
      }, room)
    }
  }
  const begin = (): Place => {
    opening++
    const one: (typeof begun)[number] = { at: null }
    begun.push(one)
    due = Math.max(due, clock.now() - catchUp) + step
    let given = false
    return {
      begun() {
        one.at ??= clock.now()
        pump()
      },
      giveBack() {
        if (given) return
        given = true
        opening--
        if (one.at === null) begun.splice(begun.indexOf(one), 1)
        pump()
      },
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
