import type { Clock } from '../../base/clock.ts'
import { faultFields } from '../../base/describe-error.ts'
import { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { OwnedLife } from '../../ports/cluster/owner-table.ts'
import type { Residents } from '../../ports/cluster/residents.ts'
import type { Stats } from '../../ports/session-queries.ts'
import type { SessionRow } from '../../ports/session-table.ts'
import type { Store } from '../../ports/store.ts'
import type { SessionEntry, SessionRegistry } from '../registry.ts'
import type { SessionCounts } from './session-counts.ts'
import type { SessionRestorer } from './session-restorer.ts'

export interface ResidentsDeps {
  registry: SessionRegistry
  store: Pick<Store, 'sessions'>
  restorer: SessionRestorer
  counts: SessionCounts
  clock: Clock
  logger: Logger
  stats(): Stats
  onDownload?: () => void
  isServing(): boolean
  /** Nothing can be stored: all sessions stop until the store works again. */
  storeFailed(error: GatewayError): void
}

/** Sessions that live in this process for as long as it owns them. */
export function createResidents(deps: ResidentsDeps): Residents & { forget(): void } {
  const { registry, store, restorer, counts, clock, logger } = deps
  const { quarantine } = restorer

  async function rowsOf(lives: OwnedLife[]): Promise<SessionRow[]> {
    const rows = await Promise.all(lives.map(({ sessionId }) => store.sessions.find(sessionId)))
    return rows.filter((row, n) => row !== null && row.streamId === lives[n]!.streamId) as SessionRow[]
  }

  /** Nobody is about to scan, and nothing waits for an answer. */
  const canMove = ({ actor, outbox }: SessionEntry) =>
    actor.context.linked && !outbox.isBusy && actor.context.intent === 'none' && !actor.ended

  return {
    get count() {
      return registry.size + quarantine.size
    },
    get isServing() {
      return deps.isServing()
    },
    stats: deps.stats,
    has: sessionId => registry.find(sessionId) !== undefined || quarantine.whyOf(sessionId) !== null,
    streams: () => [...registry.all().map(({ actor }) => actor.streamId), ...quarantine.streams()],

    idlest(limit) {
      const found: string[] = []
      for (const sessionId of counts.idleSince(clock.now())) {
        if (found.length >= limit) break
        const entry = registry.find(sessionId)
        if (entry !== undefined && canMove(entry)) found.push(sessionId)
      }
      return found
    },

    async takeUp(lives) {
      try {
        const rows = await rowsOf(lives)
        counts.fill(rows, clock.now())
        await Promise.all(rows.map(row => restorer.restore(row)))
        // Files that its last owner has not downloaded.
        deps.onDownload?.()
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'STORE_FAILED') deps.storeFailed(error)
        else logger.error(faultFields(error), 'sessions of this node could not be taken up')
      }
    },

    async readMail(streamIds) {
      const wanted = new Set(streamIds)
      const found = registry.all().filter(({ actor }) => wanted.has(actor.streamId))
      await Promise.all(
        found.map(({ actor, outbox }) => actor.guard(() => outbox.readMail({ begins: false }))),
      )
    },

    async handOver(sessionIds) {
      const ended = await Promise.all(
        sessionIds.map(async sessionId => {
          const actor = registry.find(sessionId)?.actor
          if (actor === undefined || actor.ended) return []
          const { streamId, epoch } = actor
          await actor.stop()
          if (actor.deletion === 'no') counts.deleted(sessionId)
          return [{ streamId, epoch }]
        }),
      )
      return ended.flat()
    },

    /** None is here any more. */
    forget() {
      counts.clear()
      quarantine.releaseAll()
    },

    standStill(why) {
      // Now, and not in the order of effects: those wait for a store that may not answer.
      for (const { actor } of registry.all()) void actor.socket?.end()
      deps.storeFailed(why)
    },
  }
}
