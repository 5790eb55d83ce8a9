import type { Clock } from '../ports.ts'

/** Lets sockets open at a bounded rate: at most `concurrency` at once, and evenly, `perSecond` of them begun in a second. */
export interface Connects {
  /**
   * Resolves with a function that gives the place back (calling it twice does no harm), or null when `signal` aborted first.
   * `onQueued` is called at once if there is no place yet.
   */
  take(signal: AbortSignal, onQueued: () => void): Promise<(() => void) | null>
  waiting(): number
}

export function createConnects(
  { concurrency, perSecond }: { concurrency: number; perSecond: number },
  clock: Clock,
): Connects {
  const queue = new Set<() => void>()
  let opening = 0
  /** How many began since `evenSince` without a pause: steps are counted, as their sum would gather what each is rounded by. */
  let begun = 0
  let evenSince = 0
  let timer: unknown = null

  const due = () => evenSince + (begun * 1000) / perSecond
  const roomIn = () => Math.max(0, Math.floor(due()) - clock.now())
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
    if (due() < clock.now()) {
      evenSince = clock.now()
      begun = 0
    }
    begun++
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
