import { readFileSync } from 'node:fs'

/**
 * Preloaded with `--import` into a process whose machine is set to another time while it runs: `Date` is off by as many ms as
 * the file CLOCK_SHIFT_FILE says. A process that begins later begins with the machine's time, as `performance.timeOrigin` does.
 */

const LOOK_EVERY_MS = 10

const file = process.env.CLOCK_SHIFT_FILE ?? ''
const RealDate = Date
let looked = Number.NEGATIVE_INFINITY
let shift = 0

function now(): number {
  if (performance.now() - looked >= LOOK_EVERY_MS) {
    looked = performance.now()
    shift = Number(readFileSync(file, 'utf8')) || 0
  }
  return RealDate.now() + shift
}

globalThis.Date = class extends RealDate {
  constructor(...parts: unknown[]) {
    super(...((parts.length === 0 ? [now()] : parts) as [number]))
  }

  static override now(): number {
    return now()
  }
} as DateConstructor

const timeOrigin = performance.timeOrigin + now() - RealDate.now()
Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin })
