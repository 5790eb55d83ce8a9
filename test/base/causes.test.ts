import { expect, it } from 'vitest'
import { causedBy, causedByNobody, causeFields, causingRequest } from '../../src/base/causes.ts'
import { guardTimers } from '../../src/base/faults.ts'
import { createLogger } from '../../src/base/logger.ts'
import { createTestClock } from './clock.ts'

const setup = () => {
  const lines: Record<string, unknown>[] = []
  const logger = createLogger(
    { level: 'info', format: 'json' },
    { write: line => void lines.push(JSON.parse(line)) },
  )
  return { logger, lines, ids: () => lines.map(({ request_id, session_id }) => [request_id, session_id]) }
}

it('A line of the log names what caused it, over promises, and what it says itself wins', async () => {
  const { logger, ids } = setup()
  const request = { requestId: 'r1', sessionId: null as string | null }
  await causedBy(request, async () => {
    logger.info('asked')
    await new Promise(resolve => setTimeout(resolve, 1))
    request.sessionId = 's1'
    logger.child({ part: 'http' }).info('about a session')
    logger.info({ session_id: 's2' }, 'about another one')
    causedBy({ sessionId: 's3', ended: false }, () => logger.info('of a connection'))
    causedByNobody(() => logger.info('of nobody'))
  })
  logger.info('outside')
  expect(ids()).toEqual([
    ['r1', undefined],
    ['r1', 's1'],
    ['r1', 's2'],
    [undefined, 's3'],
    [undefined, undefined],
    [undefined, undefined],
  ])
})

it('A timer is caused by the connection that set it, and by no request', async () => {
  const clock = createTestClock()
  const timers = guardTimers(clock, () => {})
  const seen: unknown[] = []
  causedBy({ requestId: 'r1', sessionId: 's1' }, () => {
    timers.setTimeout(() => seen.push(causeFields()), 1)
    expect(causingRequest()?.requestId).toBe('r1')
  })
  causedBy({ sessionId: 's2', ended: false }, () => timers.setTimeout(() => seen.push(causeFields()), 2))
  await clock.advance(5)
  expect(seen[0]).toEqual({})
})

it('A request id that a caller chose is one JSON text, whatever is in it', () => {
  const { logger, lines } = setup()
  causedBy({ requestId: 'a"\n{}', sessionId: null }, () => logger.info('asked'))
  expect(lines[0]).toMatchObject({ request_id: 'a"\n{}', msg: 'asked' })
})
