import { pino } from 'pino'
import { expect, it } from 'vitest'
import { initialContext } from '../../../machines/session.context.ts'
import { logNews, logStateChange } from '../../../src/sessions/host/log-state-change.ts'

function told(...states: string[]): [number, string, string][] {
  const lines: { level: number; state: string; msg: string }[] = []
  const logger = pino({ level: 'info' }, { write: line => void lines.push(JSON.parse(line)) })
  const context = { ...initialContext({ sessionId: 's', userId: 1, at: 0 }), retryAt: 0 }
  for (const [i, state] of states.entries()) logStateChange(logger, states[i - 1] ?? null, state, context, 0)
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

it('A session that is to be linked by a pairing code waits for that, unless WhatsApp refused to give one', () => {
  const lines: { msg: string }[] = []
  const logger = pino({ level: 'info' }, { write: line => void lines.push(JSON.parse(line)) })
  const context = initialContext({ sessionId: 's', userId: 1, at: 0, phoneNumber: '34600000001' })
  const refused = { ...context, reason: 'pairing_code_refused' as const, reasonText: 'It said so.' }
  for (const [state, one] of [
    ['awaitingQr.verifying.asking', context],
    ['awaitingQr.verifying.asking', refused],
    ['awaitingQr.passkey.required', context],
    ['open.settling', context],
  ] as const)
    logStateChange(logger, null, state, one, 0)
  expect(lines.map(({ msg }) => msg)).toEqual([
    'session waits for its pairing code to be entered',
    'session waits for its QR to be scanned',
    'session waits for the passkey that WhatsApp demands',
    'session is open',
  ])
})

it('A line says why, and when the session goes on by itself if that is still to come', () => {
  const lines: Record<string, unknown>[] = []
  const logger = pino({ level: 'info' }, { write: line => void lines.push(JSON.parse(line)) })
  const initial = initialContext({ sessionId: 's', userId: 1, at: 0 })
  const context = { ...initial, reason: 'network' as const, reasonText: 'It was lost.', retryAt: 5000 }
  logStateChange(logger, null, 'reconnecting.waiting', context, 1000)
  logStateChange(logger, 'reconnecting.waiting', 'starting.connecting', context, 5000)
  const why = { session_id: 's', reason: 'network', why: 'It was lost.' }
  expect(lines).toMatchObject([{ ...why, retry_at: '1970-01-01T00:00:05.000Z' }, why])
  expect(lines[1]).not.toHaveProperty('retry_at')
})

it('What no state tells has a line of its own: a phone that linked it, and what WhatsApp wants less of', () => {
  const lines: Record<string, unknown>[] = []
  const logger = pino({ level: 'info' }, { write: line => void lines.push(JSON.parse(line)) })
  const until = Date.UTC(2026, 0, 2)
  logNews(logger, 's', { type: 'socket.paired', waId: '34600000001', lid: null, at: 1 })
  logNews(logger, 's', { type: 'reachOut.locked', until, at: 1 })
  logNews(logger, 's', { type: 'sends.slowed', perMinute: 10, until, at: 1 })
  logNews(logger, 's', { type: 'restart.requested', at: 1 })
  const ends = new Date(until).toISOString()
  expect(lines).toMatchObject([
    { level: 30, session_id: 's', msg: 'a phone has linked the session' },
    { level: 40, session_id: 's', until: ends, msg: 'WhatsApp lets this session write to nobody new' },
    {
      ...{ level: 40, session_id: 's', until: ends, per_minute: 10 },
      msg: 'WhatsApp takes too many messages for this session: they leave slower',
    },
  ])
  expect(JSON.stringify(lines)).not.toContain('34600000001')
})
