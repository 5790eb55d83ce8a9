import type {
  DeliveryKind,
  DeliveryOutcome,
  DeliveryRow,
  DeliveryTable,
  PendingLane,
} from '../../src/ports/delivery-table.ts'
import type { Synchronous } from '../../src/store/asynchronous.ts'
import type { DeliveryAnswers } from '../../src/store/tables/deliveries.ts'
import { IN_ORDER, lateAnswers } from '../store/late-answers.ts'

/** The deliveries table in memory, with what tests want to see of it; `waits` says how late it answers. */
export function createMemoryDeliveries(waits = IN_ORDER) {
  const rows = new Map<number, DeliveryRow>()
  const settled: { webhookId: string; outcome: DeliveryOutcome }[] = []
  let nextId = 1
  let broken = false
  const pending = () => [...rows.values()].filter(row => row.deadAt === null)

  /** What stands in it, read at once: for what a test expects. */
  const stored: Synchronous<DeliveryAnswers> = {
    head(lane) {
      if (broken) throw new Error('the disk is gone')
      return pending().find(row => row.lane === lane) ?? null
    },
    hasNext: (lane, id) => pending().some(row => row.lane === lane && row.id > id),
    lanes(after, limit) {
      const heads = new Map<string, PendingLane>()
      for (const row of pending()) {
        const { id, lane, kind, sessionId, at, nextAt, attempts } = row
        if (lane > after && !heads.has(lane))
          heads.set(lane, { id, lane, kind, sessionId, at, nextAt, attempts })
      }
      return [...heads.values()].sort((a, b) => (a.lane < b.lane ? -1 : 1)).slice(0, limit)
    },
    pendingOf: (streamIds, most) =>
      streamIds.map(one => Math.min(most, pending().filter(({ lane }) => lane.startsWith(one)).length)),
    hasPending: streamId => pending().some(({ lane }) => lane.startsWith(`${streamId}|`)),
    counts: () => ({ pending: pending().length, dead: rows.size - pending().length }),
    backlog: () => ({
      lanes: new Set(pending().map(({ lane }) => lane)).size,
      oldestAt: pending()[0]?.at ?? null,
    }),
    find: id => rows.get(id) ?? null,
    page({ state, sessionId, before = Number.MAX_SAFE_INTEGER, limit }) {
      const wanted = [...rows.values()]
        .filter(row => (row.deadAt !== null) === (state === 'dead') && row.id < before)
        .filter(row => sessionId === undefined || row.sessionId === sessionId)
        .reverse()
      return { rows: wanted.slice(0, limit), next: wanted.length > limit ? wanted[limit - 1]!.id : null }
    },
  }

  const store: DeliveryTable = {
    ...lateAnswers<DeliveryAnswers>(stored, waits),
    async settle(id, outcome) {
      if (broken) throw new Error('the disk is gone')
      const row = rows.get(id)
      settled.push({ webhookId: row?.webhookId ?? 'gone', outcome })
      if (row === undefined) return
      if ('done' in outcome) rows.delete(id)
      else if ('redriven' in outcome && row.deadAt === null) return
      else if ('redriven' in outcome)
        rows.set(id, { ...row, deadAt: null, tries: 0, attempts: 0, at: outcome.at, nextAt: outcome.at })
      else if ('hastened' in outcome && (row.deadAt !== null || row.nextAt <= outcome.at)) return
      else if ('hastened' in outcome)
        rows.set(id, {
          ...row,
          nextAt: outcome.at,
          tries: Math.max(row.tries - 1, 0),
          attempts: Math.max(row.attempts - 1, 0),
        })
      else if ('dead' in outcome) rows.set(id, { ...row, deadAt: outcome.at, lastError: outcome.error })
      else
        rows.set(id, {
          ...row,
          nextAt: outcome.retryAt,
          lastError: outcome.error,
          tries: row.tries + (outcome.countsTry ? 1 : 0),
          attempts: row.attempts + (outcome.countsAttempt ? 1 : 0),
        })
    },
  }

  return {
    store,
    stored,
    rows,
    settled,
    breakDisk(value: boolean) {
      broken = value
    },
    /** Puts a row into the table; unless told otherwise, the lane names its session and chat. */
    add(
      lane: string,
      at: number,
      fields: { kind?: DeliveryKind; payload?: Record<string, unknown>; session?: string } = {},
    ) {
      const id = nextId++
      const kind = fields.kind ?? 'messages'
      const webhookId = `stream-${lane}.${id}.${kind}`
      if (kind === 'status') for (const row of pending()) if (row.lane === lane) rows.delete(row.id)
      const payload = fields.payload ?? { session_id: lane, message_id: `m${id}` }
      rows.set(id, {
        id,
        webhookId,
        kind,
        lane,
        sessionId: fields.session ?? lane,
        streamId: `stream-${lane}`,
        seq: id,
        at,
        payload,
        tries: 0,
        attempts: 0,
        nextAt: at,
        lastError: null,
        deadAt: null,
        download: null,
      })
      return webhookId
    },
  }
}
