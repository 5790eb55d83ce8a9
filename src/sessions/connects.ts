import type { Clock } from '../ports.ts'

/** Lets sockets open at a bounded rate: at most `concurrency` at once and `perSecond` begun in any second. */
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
  const begun: number[] = []
  let opening = 0
  let timer: unknown = null

  const roomIn = () => {
    while (begun.length > 0 && begun[0]! <= clock.now() - 1000) begun.shift()
    return begun.length < perSecond ? 0 : begun[0]! + 1000 - clock.now()
  }
  const pump = () => {
    while (queue.size > 0 && opening < concurrency && roomIn() <= 0) {
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
      if (queue.size === 0 && opening < concurrency && roomIn() <= 0) return Promise.resolve(begin())
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
