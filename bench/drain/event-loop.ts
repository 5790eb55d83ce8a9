import { monitorEventLoopDelay } from 'node:perf_hooks'

const TICK_MS = 5

/** How long the event loop was held at most, in ms. */
export interface Holds {
  /** By the clock on the wall: also while other processes had the CPU. */
  wall: number
  /** By the CPU that this thread used between two ticks: what it did itself, the garbage collector's share included. */
  cpu: number
}

/** Watches the event loop until `stop`. */
export function watchEventLoop(): { stop(): Holds } {
  const histogram = monitorEventLoopDelay({ resolution: TICK_MS })
  histogram.enable()
  let cpu = 0
  let before = process.threadCpuUsage()
  const timer = setInterval(() => {
    const used = process.threadCpuUsage()
    cpu = Math.max(cpu, used.user + used.system - before.user - before.system)
    before = used
  }, TICK_MS)
  return {
    stop() {
      clearInterval(timer)
      histogram.disable()
      return { wall: histogram.max / 1e6, cpu: cpu / 1e3 }
    },
  }
}
