import { expect, it } from 'vitest'
import { GatewayError } from '../../src/base/errors.ts'
import { createLogger } from '../../src/base/logger.ts'
import { createServerWatch } from '../../src/store/server-watch.ts'
import { createTestClock } from '../base/clock.ts'

const failed = (message: string, says: 'server_away' | 'server_read_only') =>
  new GatewayError('STORE_FAILED', message, { says })

it('a server that cannot be used is a problem from the first look on, told once, until it can', async () => {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', format: 'json' }, { write: line => void lines.push(line) })
  const clock = createTestClock()
  let failure: Error | null = null
  let looks = 0
  const watch = createServerWatch({
    clock,
    logger,
    async probe() {
      looks++
      if (failure !== null) throw failure
    },
  })
  watch.start()
  await clock.advance(10_000)
  expect([looks, watch.problem(), lines]).toEqual([2, null, []])
  failure = failed('PostgreSQL is away', 'server_away')
  await clock.advance(5_000)
  expect(watch.problem()).toEqual({
    code: 'STORE_FAILED',
    message: 'PostgreSQL is away. It is looked at every 5 s.',
    said: [{ says: 'server_away', values: {} }],
  })
  failure = failed('PostgreSQL is read-only', 'server_read_only')
  await clock.advance(5_000)
  expect(watch.problem()?.said).toEqual([{ says: 'server_read_only', values: {} }])
  // Nothing is known of the server by a fault of our own, or by the end of the store.
  failure = new GatewayError('SHUTTING_DOWN', 'The store is closed')
  await clock.advance(5_000)
  expect(watch.problem()).toBeNull()
  failure = null
  await clock.advance(5_000)
  expect(watch.problem()).toBeNull()
  const told = lines.map(line => JSON.parse(line).msg)
  expect(told).toEqual(['PostgreSQL is away', 'the store can be used again'])
  watch.stop()
  await clock.advance(60_000)
  expect(looks).toBe(6)
})
