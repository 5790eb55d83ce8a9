import { pino } from 'pino'
import { afterEach } from 'vitest'
import { createLaravel, type LaravelOptions } from '../../src/laravel/client.ts'
import { createTestClock } from '../base/clock.ts'
import { type Answer, type Seen, startStandIn } from './stand-in.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A stand-in that ends with its test. */
export async function standIn(answer: (request: Seen) => Answer | Promise<Answer>) {
  const server = await startStandIn(answer)
  closing.push(server.close)
  return server
}

/** The client on a clock of its own, with what it logs; it ends with its test. */
export function client(url: string | null, options: Partial<LaravelOptions> = {}) {
  const clock = createTestClock()
  const logs: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => logs.push(line) })
  const laravel = createLaravel({ url, token: null, secrets: [], clock, logger, ...options })
  closing.push(laravel.close)
  return { laravel, clock, logs }
}

export const signal = () => new AbortController().signal
