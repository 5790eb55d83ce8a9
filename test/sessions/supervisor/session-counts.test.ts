import { expect, it } from 'vitest'
import { initialContext } from '../../../machines/session.context.ts'
import { SESSION_MACHINE_VERSION } from '../../../machines/session.machine.ts'
import type { SessionRow } from '../../../src/ports/session-table.ts'
import { SessionCounts } from '../../../src/sessions/supervisor/session-counts.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 0, 1)

const row = (sessionId: string, lastActivity: number, state = 'open.settled'): SessionRow => ({
  streamId: sessionId,
  sessionId,
  userId: 7,
  metadata: null,
  epoch: 1,
  lastSeq: 1,
  createdAt: NOW - HOUR,
  since: NOW - HOUR,
  lastActivity,
  announced: null,
  acceptedStatus: null,
  state,
  context: JSON.stringify(initialContext({ sessionId, userId: 7, at: NOW - HOUR })),
  machineVersion: SESSION_MACHINE_VERSION,
  standsStill: null,
})

it('Sessions are idle in the order of their last activity, whatever order they were stored in', () => {
  const counts = new SessionCounts(() => {})
  counts.fill([row('b', NOW - 2000), row('c', NOW - 1000), row('a', NOW - 3000)], NOW)
  expect(counts.idleSince(NOW - 1000)).toEqual(['a', 'b', 'c'])
  counts.active('a', NOW)
  expect(counts.idleSince(NOW)).toEqual(['b', 'c', 'a'])
  expect([counts.quietSince(NOW - 1000), counts.quietSince(NOW), counts.quietSince(NOW + 1)]).toEqual([
    1, 2, 3,
  ])
  counts.active('b', NOW + 5)
  expect([counts.quietSince(NOW + 1), counts.idleSince(NOW + 1)]).toEqual([2, ['c', 'a']])
})

it('A row that an old clock dated into the future hides no other session', () => {
  const counts = new SessionCounts(() => {})
  counts.fill([row('a', NOW), row('future', NOW + 24 * HOUR)], NOW)
  counts.active('a', NOW + 1)
  expect(counts.idleSince(NOW + 2 * HOUR)).toEqual(['future', 'a'])
  expect(counts.quietSince(NOW + 2 * HOUR)).toBe(2)
})

it('A deleted session is counted no more, and its id may live again', () => {
  const changes: string[] = []
  const counts = new SessionCounts((was, is) => changes.push(`${was?.state ?? '-'} ${is?.state ?? '-'}`))
  const context = initialContext({ sessionId: 'a', userId: 7, at: NOW })
  counts.committed('a', 'starting.connecting', context)
  counts.committed('a', 'starting.queued', context)
  counts.committed('a', 'open.settling', context)
  counts.deleted('a')
  expect([counts.oldest(), counts.idleSince(NOW)]).toEqual([null, []])
  counts.committed('a', 'starting.connecting', context)
  expect(changes).toEqual(['- starting', 'starting open', 'open -', '- starting'])
})
