import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import { completeMessage } from '../messages/received.ts'
import type { DeliveryRow, DeliveryTable } from '../ports/delivery-table.ts'
import type { LaravelCause } from '../ports/laravel.ts'
import type { DeliveryCause, ListedDelivery, Undelivered } from '../ports/undelivered.ts'
import { storedFinding } from './answers/finding.ts'
import { type DeliveredSessions, NO_SESSIONS, withSession } from './delivered-session.ts'
import type { Deliveries } from './deliveries.ts'

/** What a stored error says of Laravel; `works`: the route takes what others have. */
export const causeOfFailure = (error: string, works: boolean): LaravelCause | null =>
  storedFinding(error, works)?.cause ?? null

/** Lanes that are read at once: some 2 ms of the event loop. */
const PAGE = 200

/** Deliveries that nobody took yet: listed, tried now, and what died sent again on request under the ids that it had. */
export function createUndelivered(
  store: DeliveryTable,
  deliveries: Pick<Deliveries, 'wake' | 'probe' | 'probesAt'>,
  clock: Clock,
  sessions: DeliveredSessions = NO_SESSIONS,
): Undelivered {
  async function find(id: number): Promise<DeliveryRow> {
    const row = await store.find(id)
    if (row !== null) return row
    throw new GatewayError('DELIVERY_NOT_FOUND', 'No delivery has that id; what was delivered is gone.')
  }

  function listed(row: DeliveryRow): ListedDelivery {
    const at = Math.max(row.nextAt, deliveries.probesAt(row.kind) ?? 0)
    const tryAt = row.deadAt === null && at > clock.now() ? at : null
    return { ...row, tryAt, cause: causeOf(row) }
  }

  function causeOf({ unreadable, kind, lastError }: DeliveryRow): DeliveryCause | null {
    if (unreadable) return 'damaged'
    return lastError === null ? null : causeOfFailure(lastError, deliveries.probesAt(kind) === null)
  }

  return {
    async list(query) {
      const [{ pending, dead }, { rows, next }] = await Promise.all([store.counts(), store.page(query)])
      return {
        count: query.state === 'dead' ? dead : pending,
        rows: rows.map(listed),
        next,
      }
    },

    async figures() {
      const { pending, dead } = await store.counts()
      return { waiting: pending, dead, oldestAt: pending === 0 ? null : (await store.backlog()).oldestAt }
    },

    async find(id) {
      const row = await find(id)
      if (row.unreadable) return listed(row)
      const payload = row.kind === 'messages' ? completeMessage(row.payload) : row.payload
      return listed({ ...row, payload: await withSession(row, payload, sessions) })
    },

    async redrive(id) {
      const { lane, deadAt } = await find(id)
      const waits = deadAt === null
      // What stands before it in its lane goes first.
      const hastened = waits ? new Set([(await store.head(lane))?.id ?? id, id]) : []
      const at = clock.now()
      await Promise.all([
        ...[...hastened].map(one => store.settle(one, { hastened: true, at })),
        // One that waited may have died since it was found.
        store.settle(id, { redriven: true, at }),
      ])
      if (waits) deliveries.probe()
      deliveries.wake(lane)
    },

    async retry(sessionId) {
      deliveries.probe()
      let count = 0
      for (let after = ''; ; ) {
        const lanes = await store.lanes(after, PAGE)
        const wanted = lanes.filter(lane => sessionId === undefined || lane.sessionId === sessionId)
        const at = clock.now()
        const early = wanted.filter(({ nextAt }) => nextAt > at)
        await Promise.all(early.map(({ id }) => store.settle(id, { hastened: true, at })))
        for (const { lane } of wanted) deliveries.wake(lane)
        count += wanted.length
        if (lanes.length < PAGE) return count
        after = lanes.at(-1)!.lane
        await turn()
      }
    },
  }
}
