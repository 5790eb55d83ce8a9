import { pino } from 'pino'
import { expect, it } from 'vitest'
import { initialContext } from '../../../machines/session.context.ts'
import { logStateChange } from '../../../src/sessions/host/log-state-change.ts'

function told(...states: string[]): [number, string, string][] {
  const lines: { level: number; state: string; msg: string }[] = []
  const logger = pino({ level: 'info' }, { write: line => void lines.push(JSON.parse(line)) })
  const context = { ...initialContext({ sessionId: 's', userId: 1, at: 0 }), retryAt: 0 }
  for (const [i, state] of states.entries()) logStateChange(logger, states[i - 1] ?? null, state, context)
  return lines.map(({ level, state, msg }) => [level, state, msg])
}

it('The log has one line for each change that an operator can see, and a warning when somebody must act', () => {
  expect(
    told(
      'starting.connecting',
      'awaitingQr.verifying.asking',
      'awaitingQr.publishing.offering',
      'awaitingQr.shown.throttled',
      'starting.queued',
      'starting.connecting',
      'open.settling',
      'open.settled',
      'reconnecting.verifying',
      'reconnecting.waiting',
      'reconnecting.suspended.resting',
      'reconnecting.suspended.asking',
    ),
  ).toEqual([
    [30, 'starting.connecting', 'session connects'],
    [30, 'awaitingQr.verifying.asking', 'session waits for its QR to be scanned'],
    [30, 'starting.queued', 'session connects'],
    [30, 'open.settling', 'session is open'],
    [30, 'reconnecting.verifying', 'session lost its connection and comes back by itself'],
    [
      40,
      'reconnecting.suspended.resting',
      'session is suspended: it is tried again by itself, ever less often',
    ],
  ])
})
