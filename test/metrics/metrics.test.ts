import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import type { NewEvent } from '../../src/ports/event-log.ts'
import type { Store, Write } from '../../src/ports/store.ts'
import { inbound, lifecycle, messageFact, outgoing } from '../store/facts.ts'

const BUILD = { version: '1.2.3', node: '24', baileys: '7' }

function metricsAt(start = 0) {
  const time = { now: start }
  const clock: Clock = {
    now: () => time.now,
    // Whatever answers at all has answered by then.
    setTimeout: fn => setImmediate(fn),
    clearTimeout: id => clearImmediate(id as NodeJS.Immediate),
  }
  const metrics = new Metrics(clock, BUILD)
  let fails = false
  const store = metrics.store({
    id: 'kept',
    commit: async () => {
      time.now += 40
      if (fails) throw new Error('the disk is full')
    },
  } as unknown as Store)
  const commit = (write: Partial<Write>) => store.commit({ streamId: 's', epoch: 1, ...write })
  /** The samples of what is ours, as they stand in the text. */
  const read = async (name: RegExp) => {
    const { text } = await metrics.text(undefined)
    return text
      .split('\n')
      .filter(line => line.startsWith('whatsapp_manager_') && name.test(line))
      .map(line => line.slice('whatsapp_manager_'.length))
  }
  return { metrics, store, commit, read, time, failFrom: () => (fails = true) }
}

const fact = (type: string, data: Record<string, unknown> = {}, state?: string): NewEvent => ({
  ...lifecycle(1, state),
  type,
  data,
})
const insert = (direction: 'in' | 'out', dedupeKey = 'k') => {
  const common = { messageId: 'M', chatId: 'c', dedupeKey, seq: 1, at: 1 }
  return direction === 'in'
    ? { insert: { ...common, direction, content: inbound('M', 'x'), status: 'received' as const } }
    : { insert: { ...common, direction, content: outgoing('x'), status: 'queued' as const } }
}

describe('what is committed', () => {
  it.each([
    ['socket.opened', {}, undefined, 'connects_total 1'],
    ['socket.closed', { reason: 'network' }, undefined, 'disconnects_total{reason="network"} 1'],
    ['socket.qr', {}, 'awaitingQr.shown.throttled', 'qrs_suppressed_total{cause="throttled"} 1'],
    ['socket.qr', {}, 'awaitingQr.verifying.asking', 'qrs_total{outcome="offered"} 1'],
    ['socket.qr', {}, 'awaitingQr.publishing.offering', 'qrs_suppressed_total{cause="held"} 1'],
    ['qr.published', {}, undefined, 'qrs_total{outcome="published"} 1'],
    ['qr.publishFailed', {}, undefined, 'qrs_total{outcome="failed"} 1'],
    ['xstate.after.qrExpiry.session.awaitingQr.shown', {}, 'awaitingQr.expired', 'qrs_expired_total 1'],
    ['reachOut.locked', {}, undefined, 'pauses_total{kind="new_chats"} 1'],
    ['sends.slowed', {}, undefined, 'pauses_total{kind="all_sends"} 1'],
    ['session.crashed', {}, undefined, 'session_crashes_total 1'],
    ['session.quarantined', {}, undefined, 'session_quarantines_total 1'],
    ['message.delivered', {}, undefined, 'message_statuses_total{status="delivered"} 1'],
  ])('%s %j %s is %s', async (type, data, state, line) => {
    const { commit, read } = metricsAt()
    await commit({ events: [fact(type, data, state)] })
    expect(await read(/./)).toContain(line)
  })

  it('counts messages by direction and type; history of before the link is none', async () => {
    const { commit, read } = metricsAt()
    await commit({ messages: [insert('in'), insert('in'), insert('out'), insert('in', 'history|k')] })
    expect(await read(/^whatsapp_manager_messages_total/)).toEqual([
      'messages_total{direction="in",type="text"} 2',
      'messages_total{direction="out",type="text"} 1',
    ])
  })

  it('is timed, and nothing is counted of what failed', async () => {
    const { store, commit, read, failFrom } = metricsAt()
    await commit({ events: [messageFact(1, 'message.sent')] })
    failFrom()
    await expect(commit({ events: [messageFact(2, 'message.sent')] })).rejects.toThrow('the disk is full')
    expect(await read(/statuses_total|commits_failed|commit_duration_seconds_(?:sum|count)/)).toEqual([
      'message_statuses_total{status="sent"} 1',
      'commit_duration_seconds_sum 0.04',
      'commit_duration_seconds_count 1',
      'commits_failed_total 1',
    ])
    expect(store.id).toBe('kept')
  })
})

it('a QR that comes twice, or takes the place of one, is told apart', async () => {
  const { metrics, commit, read } = metricsAt()
  for (const type of ['socket.qr', 'socket.opened']) metrics.refused(type)
  await commit({ events: [fact('socket.qr', { replaces: 'h' }, 'awaitingQr.publishing.offering')] })
  expect(await read(/suppressed_total/)).toEqual(['qrs_suppressed_total{cause="duplicate"} 1'])
})

it('a send that leaves once more is a retry, the first time it is none', async () => {
  const { commit, read } = metricsAt()
  const left = { messageId: 'M', status: 'transmitted' as const, at: 1, attempt: true }
  await commit({ messages: [{ update: left }] })
  expect(await read(/send_retries/)).toEqual(['send_retries_total 0'])
  await commit({ messages: [{ update: { ...left, again: true } }] })
  expect(await read(/send_retries/)).toEqual(['send_retries_total 1'])
})

it('rows of a commit are counted, whatever they are of', async () => {
  const { commit, read } = metricsAt()
  const keys = [{ type: 'session', id: 'x', value: null }]
  await commit({ events: [messageFact(1, 'message.received')], messages: [insert('in')], keys })
  await commit({})
  expect(await read(/commit_rows_(?:sum|count)|commit_rows_bucket{le="[23]"}/)).toEqual([
    'commit_rows_bucket{le="2"} 1',
    'commit_rows_bucket{le="3"} 2',
    'commit_rows_sum 3',
    'commit_rows_count 2',
  ])
})

it('what became of deliveries is counted by kind: retries, too', async () => {
  const { metrics, read } = metricsAt()
  const again = { retryAt: 1, error: 'HTTP 500', countsTry: false, countsAttempt: true }
  metrics.settled({ kind: 'messages' }, { done: true })
  for (let n = 0; n < 2; n++) metrics.settled({ kind: 'messages' }, again)
  metrics.settled({ kind: 'status' }, { dead: true, at: 1, error: 'HTTP 422' })
  expect(await read(/delivery_outcomes/)).toEqual([
    'delivery_outcomes_total{kind="messages",outcome="done"} 1',
    'delivery_outcomes_total{kind="messages",outcome="retry"} 2',
    'delivery_outcomes_total{kind="status",outcome="dead"} 1',
  ])
})

it('attempts to deliver are timed by kind and outcome', async () => {
  const { metrics, read, time } = metricsAt()
  const asked: unknown[] = []
  const deliver = metrics.delivering(async (...args: ['messages', string]) => {
    asked.push(args)
    time.now += 200
    return { result: 'failed' as const, status: 500 }
  })
  expect(await deliver('messages', 'w')).toEqual({ result: 'failed', status: 500 })
  expect(asked).toEqual([['messages', 'w']])
  expect(await read(/delivery_duration_seconds_(?:sum|count)/)).toEqual([
    'delivery_duration_seconds_sum{kind="messages",outcome="failed"} 0.2',
    'delivery_duration_seconds_count{kind="messages",outcome="failed"} 1',
  ])
})

it('what stands now is asked when somebody reads', async () => {
  const { metrics, read, time } = metricsAt(60_000)
  let byState: Record<string, number> = { open: 3, starting: 1 }
  metrics.read({
    stats: () => ({ byState, qr: { pendingQR: 0, trackedSessions: 2 } }),
    quarantined: () => 1,
    diskFree: async () => 5e9,
    laravel: async () => ({ failing: [{ route: 'POST /qr', cause: 'server_error' }], late: 2 }),
    deliveries: {
      counts: async () => ({ pending: 7, dead: 4 }),
      backlog: async () => ({ lanes: 5, oldestAt: time.now > 60_000 ? null : 30_000 }),
    },
  })
  const standing = () =>
    read(/^whatsapp_manager_(?:sessions|disk|qrs_shown|deliveries|lanes|delivery_lag|laravel)/)
  expect(await standing()).toEqual([
    'sessions{state="open"} 3',
    'sessions{state="starting"} 1',
    'sessions_quarantined 1',
    'disk_free_bytes 5000000000',
    'qrs_shown 2',
    'deliveries_pending 7',
    'deliveries_dead 4',
    'lanes_pending 5',
    'delivery_lag_seconds 30',
    'laravel_failing{route="POST /qr",cause="server_error"} 1',
    'lanes_late 2',
  ])
  byState = { open: 4 }
  time.now++
  expect(await standing()).toContain('sessions{state="open"} 4')
  expect(await standing()).not.toContain('sessions{state="starting"} 1')
  expect(await standing()).toContain('delivery_lag_seconds 0')
})

const silences: [string, () => Promise<never>][] = [
  ['that is away', () => Promise.reject(new Error('the store is away'))],
  ['that says nothing', () => new Promise(() => {})],
]
it.each(silences)('what cannot be read of a store %s is no number, and all else is told', async (_, away) => {
  const { metrics, read } = metricsAt(60_000)
  metrics.read({
    stats: () => ({ byState: { open: 3 }, qr: { pendingQR: 0, trackedSessions: 2 } }),
    quarantined: () => 1,
    diskFree: async () => 5e9,
    laravel: async () => ({ failing: [], late: 0 }),
    deliveries: { counts: away, backlog: away },
  })
  expect(await read(/^whatsapp_manager_(?:sessions\{|disk|deliveries_|lanes_pending|delivery_lag)/)).toEqual([
    'sessions{state="open"} 3',
    'disk_free_bytes 5000000000',
    'deliveries_pending Nan',
    'deliveries_dead Nan',
    'lanes_pending Nan',
    'delivery_lag_seconds Nan',
  ])
})

describe('the text', () => {
  it('tells the process and the versions, too', async () => {
    const { metrics } = metricsAt()
    const { text, contentType } = await metrics.text('text/plain')
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'))
    expect(text).toContain('whatsapp_manager_build_info{version="1.2.3",node="24",baileys="7"} 1')
  })

  it('is OpenMetrics for who asks for it, and after that still what it was', async () => {
    const { metrics, commit } = metricsAt()
    await commit({ events: [fact('socket.opened')] })
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
    const { text, contentType } = await metrics.text(accept)
    expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(text).toContain('# TYPE whatsapp_manager_connects counter\nwhatsapp_manager_connects_total 1\n')
    expect(text).toMatch(/[^\n]\n# EOF\n$/)
    expect(text).not.toContain('\n\n')
    expect(text).not.toMatch(/^# TYPE \w+_total counter$/m)
    expect((await metrics.text(undefined)).text).toContain('# TYPE whatsapp_manager_connects_total counter\n')
  })
})
