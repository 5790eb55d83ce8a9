import type { SessionFact } from '../../../machines/facts.ts'
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
  readonly #counts: Pick<SessionCounts, 'idleSince' | 'isIdleSince'>
  /** The last one of a full round: those of sessions that do not run here must not hide the others. */
  #lastOverdue: OverdueSend | undefined
  #round: Promise<void> | null = null
  #stopped = false

  constructor(deps: ReaperDeps, counts: Pick<SessionCounts, 'idleSince' | 'isIdleSince'>) {
    this.#deps = deps
    this.#counts = counts
  }

  /** Looks at all once; a round that lasts is not followed by another one before its end. Never rejects. */
  round(): Promise<void> {
    this.#round ??= this.#lookAtAll().finally(() => {
      this.#round = null
    })
    return this.#round
  }

  /** Resolves once nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#round
  }

  async #lookAtAll(): Promise<void> {
    const { clock, idle } = this.#deps
    const now = clock.now()
    await this.#safely('sends that waited for too long could not be given up', {}, () =>
      this.#giveUpOverdue(now),
    )
    const since = now - idle.afterMs
    for (const sessionId of this.#counts.idleSince(since)) {
      if (this.#stopped) return
      const about = { session_id: sessionId }
      await this.#safely('a session could not be checked for idleness', about, () =>
        this.#endIfIdle(sessionId, since),
      )
    }
  }

  /** What fails for one must not keep the others from their end; the next round tries again. */
  async #safely(failed: string, about: object, work: () => void | Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#stopped) return
      this.#deps.logger.error({ ...about, ...faultFields(error) }, failed)
    }
  }

  async #giveUpOverdue(now: number): Promise<void> {
    const { store, registry, sendMaxAgeMs } = this.#deps
    const overdue = await store.messages.overdue(now - sendMaxAgeMs, OVERDUE_AT_ONCE, this.#lastOverdue)
    this.#lastOverdue = overdue[OVERDUE_AT_ONCE - 1]
    for (const { sessionId, messageId } of overdue) {
      const entry = registry.find(sessionId)
      void entry?.actor.guard(() => entry.outbox.expire(messageId))
    }
  }

  async #endIfIdle(sessionId: string, since: number): Promise<void> {
    const { registry, idle } = this.#deps
    const entry = registry.find(sessionId)
    const fact = { type: 'session.idled', policy: idle.policy } as const
    if (entry === undefined || !this.#mayEnd(entry, fact, since)) return
    const { actor } = entry
    const { seq } = actor
    // What is on its way into the log is not seen by the questions that follow.
    await actor.durable()
    if (await this.#hasWork(actor.streamId)) return
    // Asked again: what happened since then is life, and the next round looks at it.
    const same = registry.find(sessionId) === entry && actor.seq === seq
    if (same && this.#mayEnd(entry, fact, since)) actor.tell(fact)
  }

  #mayEnd({ actor, outbox }: SessionEntry, fact: SessionFact, since: number): boolean {
    // Whoever called /start just now is about to scan, or to send.
    if (actor.context.startedAt > since || outbox.isBusy) return false
    return this.#counts.isIdleSince(actor.sessionId, since) && actor.can(fact)
  }

  /** Whether something of the session is on its way; what would be erased with it must have reached Laravel, too. */
  async #hasWork(streamId: string): Promise<boolean> {
    const { store, idle } = this.#deps
    if (await store.messages.hasUnsent(streamId)) return true
    if (await store.downloads.hasPending(streamId)) return true
    return idle.policy === 'delete' && (await store.deliveries.hasPending(streamId))
  }
}
