import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { SessionRow } from '../../ports/session-table.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsApp } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import type { SessionOrigin } from '../host/session-origin.ts'
import { readStoredSession } from '../host/stored-session.ts'
import { type RecordReceivedDeps, recordReceived } from '../receiving/record-received.ts'
import type { SessionEntry } from '../registry.ts'
import type { SessionCounts } from './session-counts.ts'

/** Streams claimed at once while restoring; more would only queue in the store. */
const CLAIMS_AT_ONCE = 200

export interface RestoreDeps extends RecordReceivedDeps {
  store: Store
  clock: Clock
  logger: Logger
  whatsapp: Pick<WhatsApp, 'recover'>
}

/** Lets stored sessions live again, from their newest rows. */
export class SessionRestorer {
  readonly #deps: RestoreDeps
  readonly #counts: SessionCounts
  readonly #spawn: (origin: SessionOrigin) => SessionEntry
  readonly #isRunning: () => boolean

  /** `spawn` makes a session's actor known; `isRunning` is false once the process stops. */
  constructor(
    deps: RestoreDeps,
    counts: SessionCounts,
    { spawn, isRunning }: { spawn: (origin: SessionOrigin) => SessionEntry; isRunning: () => boolean },
  ) {
    this.#deps = deps
    this.#counts = counts
    this.#spawn = spawn
    this.#isRunning = isRunning
  }

  /** Resolves with the actors of all sessions that can be read; rejects if the store takes no claim. */
  async restoreAll(): Promise<SessionActor[]> {
    const { store, clock } = this.#deps
    const rows = [...store.sessions.all()]
    this.#counts.fill(rows, clock.now())
    const actors: SessionActor[] = []
    for (let i = 0; i < rows.length && this.#isRunning(); i += CLAIMS_AT_ONCE) {
      const some = rows.slice(i, i + CLAIMS_AT_ONCE).flatMap(row => {
        const session = this.#read(row)
        return session === null ? [] : [this.restore(row, session)]
      })
      const restored = await Promise.all(some)
      actors.push(...restored.filter(actor => actor !== null))
    }
    return actors
  }

  /**
   * Claims one session and lets it go on: what was decrypted and not in the log yet comes first. Resolves once that is durable, so
   * that nobody is told that a session is open which only was; with null if the process stops meanwhile.
   */
  async restore(row: SessionRow, session = readStoredSession(row)): Promise<SessionActor | null> {
    const { store, whatsapp, logger } = this.#deps
    const { streamId, sessionId, userId, lastSeq: seq, announced, state } = row
    const last = { seq, announced, ...session }
    const epoch = await store.claim(streamId)
    if (!this.#isRunning()) return null
    const { actor } = this.#spawn({ streamId, sessionId, userId, epoch, last })
    await actor.guard(async () => {
      const unfinished = await whatsapp.recover(streamId)
      if (unfinished.length > 0) await recordReceived(actor, this.#deps, unfinished)
    })
    if (actor.ended || !this.#isRunning()) return actor
    // A crash between a send's commit and its wish to wake the session must not leave it asleep.
    const sendsWait = actor.hasTag('asleep') && store.messages.unsent(streamId).length > 0
    actor.start({ type: 'session.resumed', ...(sendsWait && { sendsWait }) })
    await actor.guard(() => actor.durable())
    logger.debug({ session_id: sessionId, state }, 'session restored')
    return actor
  }

  /** One bad row is one session that does not run; the others do. */
  #read(row: SessionRow): ReturnType<typeof readStoredSession> | null {
    try {
      return readStoredSession(row)
    } catch (error) {
      const why = error instanceof Error ? error.message : 'It cannot be read.'
      this.#deps.logger.error(
        { session_id: row.sessionId, why },
        'session cannot be restored and does not run',
      )
      return null
    }
  }
}
