import { readdir } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type Commands, offer } from '../../harness/rpc.ts'
import { createProfiler } from './profiler.ts'

/** Loaded before the program of a child under test: measures that process from inside, the same way for everybody. */

/** In bytes. */
export interface Memory {
  rss: number
  /** V8's heap and what hangs on it outside, of the main thread. */
  heap: number
}

const GC_ROUNDS = 3

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < GC_ROUNDS; round++) {
    await globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' })
    await pause(100)
  }
}

const TICK_MS = 10
const loopDelay = monitorEventLoopDelay({ resolution: TICK_MS })

const commands = {
  ...createProfiler(),

  pid: () => process.pid,

  /** CPU of all threads since the start, in ms. */
  cpu(): number {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  /** Watches the event loop from now on, anew. */
  watchLoop(): void {
    loopDelay.enable()
    loopDelay.reset()
  },

  /** How late the event loop was since then in 99 of 100 looks, in ms. */
  loopP99: (): number => Math.max(0, loopDelay.percentile(99) / 1e6 - TICK_MS),

  /** Files and sockets that are open; 0 where there is no /proc. */
  async openFiles(): Promise<number> {
    return (await readdir('/proc/self/fd').catch(() => [])).length
  },
  /** The memory in use after garbage was collected. */
  async memory(): Promise<Memory> {
    await collectGarbage()
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, heap: heapUsed + external }
  },
} satisfies Commands

export type Probe = typeof commands

offer(commands)
