import { pino } from 'pino'
import { vi } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { createClock } from '../../src/base/clock.ts'
import type { Queue } from '../../src/ports/queue.ts'

export const realClock: Clock = createClock()

/** Time that runs `factor` times as fast as the real one. */
export function createFastClock(factor: number): Clock {
  const start = Date.now()
  return {
    now: () => start + (Date.now() - start) * factor,
    setTimeout: (fn, ms) => setTimeout(fn, ms / factor),
    clearTimeout: id => clearTimeout(id as NodeJS.Timeout),
  }
}

/** Wakes a lane in a moment: on BullMQ only what had to wait is a job. */
export function wakeSoon(queue: Queue, lane: string, clock = realClock): void {
  queue.wake(lane, clock.now() + 50)
}

/** Waits until the condition holds, at most `timeout` ms. */
export function until(condition: () => boolean, timeout = 10_000): Promise<void> {
  return vi.waitFor(
    () => {
      if (!condition()) throw new Error('it never came true')
    },
    { timeout, interval: 5 },
  )
}

/** A logger that keeps its lines; `from` says how many lines there are from a level on. */
export function createLog() {
  const lines: { level: number; msg: string }[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  return {
    logger,
    lines,
    text: () => lines.map(line => JSON.stringify(line)).join('\n'),
    /** Messages at info and above: what an operator sees. */
    seen: () => lines.filter(({ level }) => level >= 30).map(({ msg }) => msg),
  }
}
