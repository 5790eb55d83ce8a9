import type { Clock } from '../../base/clock.ts'
import { faultFields } from '../../base/describe-error.ts'
import type { Logger } from '../../base/logger.ts'
import type { OverdueSend } from '../../ports/message-table.ts'
import type { Store } from '../../ports/store.ts'
import type { SessionEntry, SessionRegistry } from '../registry.ts'
import type { SessionCounts } from './session-counts.ts'

/** Sends given up in one round of the reaper. */
const OVERDUE_AT_ONCE = 1000

export interface IdlePolicy {
  afterMs: number
  policy: 'keep' | 'hibernate' | 'delete'
  reapEveryMs: number
}

export interface ReaperDeps {
  store: Pick<Store, 'messages' | 'downloads' | 'deliveries'>
  clock: Clock
  logger: Logger
  registry: SessionRegistry
  idle: IdlePolicy
  sendMaxAgeMs: number
}

/** Ends what has waited for too long: sends that nothing took in time, and sessions without messages. */
export class Reaper {
  readonly #deps: ReaperDeps
  readonly #counts: Pick<SessionCounts, 'idleSince'>
  /** The last one of a full round: those of sessions that do not run here must not hide the others. */
  #lastOverdue: OverdueSend | undefined

  constructor(deps: ReaperDeps, counts: Pick<SessionCounts, 'idleSince'>) {
    this.#deps = deps
    this.#counts = counts
  }

  round(): void {
    const { clock, idle } = this.#deps
    const now = clock.now()
    this.#safely('sends that waited for too long could not be given up', {}, () => this.#giveUpOverdue(now))
    const since = now - idle.afterMs
    for (const sessionId of this.#counts.idleSince(since))
      this.#safely('a session could not be checked for idleness', { session_id: sessionId }, () =>
        this.#endIfIdle(sessionId, since),
      )
  }

  /** What fails for one must not keep the others from their end; the next round tries again. */
  #safely(failed: string, about: object, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#deps.logger.error({ ...about, ...faultFields(error) }, failed)
    }
  }

  #giveUpOverdue(now: number): void {
    const { store, registry, sendMaxAgeMs } = this.#deps
    const overdue = store.messages.overdue(now - sendMaxAgeMs, OVERDUE_AT_ONCE, this.#lastOverdue)
    this.#lastOverdue = overdue[OVERDUE_AT_ONCE - 1]
    for (const { sessionId, messageId } of overdue) {
      const entry = registry.find(sessionId)
      void entry?.actor.guard(() => entry.outbox.expire(messageId))
    }
  }

  #endIfIdle(sessionId: string, since: number): void {
    const { registry, idle } = this.#deps
    const entry = registry.find(sessionId)
    // Whoever called /start just now is about to scan, or to send.
    if (entry === undefined || entry.actor.context.startedAt > since) return
    const fact = { type: 'session.idled', policy: idle.policy } as const
    if (entry.actor.can(fact) && !this.#hasWork(entry)) entry.actor.tell(fact)
  }

  /** Whether something of the session is on its way; what would be erased with it must have reached Laravel, too. */
  #hasWork({ actor: { streamId }, outbox }: SessionEntry): boolean {
    const { store, idle } = this.#deps
    if (outbox.hasWork || store.downloads.hasPending(streamId)) return true
    return idle.policy === 'delete' && store.deliveries.hasPending(streamId)
  }
}
