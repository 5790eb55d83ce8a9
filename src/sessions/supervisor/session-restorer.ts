import { setImmediate as immediate } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { GatewayError, isUnanswered } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { SessionRow } from '../../ports/session-table.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsApp } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import type { SessionOrigin } from '../host/session-origin.ts'
import { readStoredSession, type Standing, standingStill } from '../host/stored-session.ts'
import { type RecordReceivedDeps, recordReceived } from '../receiving/record-received.ts'
import type { SessionEntry, SessionRegistry } from '../registry.ts'
import { Quarantine } from './quarantine.ts'
import type { SessionCounts } from './session-counts.ts'

/** Sessions restored before others get their turn. */
const AT_ONCE = 20

export interface RestoreDeps extends RecordReceivedDeps {
  store: Store
  registry: Pick<SessionRegistry, 'find'>
  clock: Clock
  logger: Logger
  whatsapp: Pick<WhatsApp, 'recover'>
  /** Whether statuses are delivered: false without LARAVEL_URL. */
  tellLaravel: boolean
  /** A lane has something new, durably. */
  onDelivery(lane: string): void
}

/** Lets stored sessions live again, from their newest rows; one that cannot be read stands still and keeps nobody from living. */
export class SessionRestorer {
  readonly quarantine: Quarantine
  readonly #deps: RestoreDeps
  readonly #counts: SessionCounts
  readonly #spawn: (origin: SessionOrigin) => SessionEntry
  readonly #isRunning: () => boolean
  /** Lives that begin now, by stream. */
  readonly #beginning = new Map<string, Promise<SessionActor | null>>()

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
    this.quarantine = new Quarantine(deps)
  }

  /** Resolves with the actors of all sessions that can be read; rejects if the store takes no claim. */
  async restoreAll(): Promise<SessionActor[]> {
    const { store, clock } = this.#deps
    for await (const some of slicesOf(store.sessions.all())) {
      this.#counts.fill(some, clock.now())
      await immediate()
    }
    this.quarantine.releaseAll()
    const actors: SessionActor[] = []
    // Read anew: the contexts of all sessions at once would be much.
    for await (const some of slicesOf(store.sessions.all())) {
      if (!this.#isRunning()) break
      const restored = await Promise.all(some.map(row => this.restore(row)))
      actors.push(...restored.filter(actor => actor !== null))
      await immediate()
    }
    return actors
  }

  /**
   * Claims one session and lets it go on: what was decrypted and not in the log yet comes first. Resolves once that is durable, so
   * that nobody is told that a session is open which only was; with null if the process stops meanwhile, or if the session cannot be
   * read and stands still from now on. Rejects if the store takes no claim. Who asks for the same life meanwhile, or once it runs, gets
   * the same actor.
   */
  restore(row: SessionRow): Promise<SessionActor | null> {
    return this.#once(row, () => this.#restore(row))
  }

  async #restore(row: SessionRow): Promise<SessionActor | null> {
    const { sessionId, streamId } = row
    let actor: SessionActor | undefined
    try {
      const session = readStoredSession(row)
      const epoch = await this.#deps.store.claim(streamId)
      if (!this.#isRunning()) return null
      const entry = this.#spawn(originOf(row, epoch, session))
      actor = entry.actor
      await this.#goOn(entry, row)
      this.quarantine.release(sessionId)
      return actor
    } catch (error) {
      const code = actor === undefined && error instanceof GatewayError ? error.code : null
      if (code === 'STORE_FAILED' || isUnanswered(error)) {
        await actor?.stop()
        throw error
      }
      if (code === 'SESSION_NOT_FOUND') return null
      // Another node has it.
      if (code === 'EPOCH_CONFLICT') {
        this.#counts.deleted(sessionId)
        return null
      }
      await actor?.stop()
      const { state, context } = standingStill(row, error)
      this.#counts.committed(sessionId, state, context)
      await this.quarantine.take(row, error)
      return null
    }
  }

  /** Takes up a session that stands still. */
  retry(sessionId: string, to: 'run' | 'delete'): Promise<void> {
    return this.quarantine.takeUp(sessionId, async () => {
      const row = await this.#deps.store.sessions.find(sessionId)
      if (row === null) return
      await this.#once(row, () => (to === 'run' ? this.#restore(row) : this.#restoreToDelete(row)))
    })
  }

  /**
   * For a session that stands still and is to be deleted: it lives once more, as one that was linked, and owes WhatsApp its logout. From
   * now on its newest row is one that can be read.
   */
  async #restoreToDelete(row: SessionRow): Promise<SessionActor | null> {
    const epoch = await this.#deps.store.claim(row.streamId)
    if (!this.#isRunning()) return null
    const { sessionId } = row
    const { state, context } = standingStill(row, this.quarantine.whyOf(sessionId))
    const standing = { state, context: { ...context, waId: '' } }
    const entry = this.#spawn(originOf(row, epoch, standing))
    entry.actor.start({ type: 'delete.requested' })
    this.quarantine.release(sessionId)
    await entry.actor.durable()
    return entry.actor
  }

  /** Two actors of one life would fence each other off, and open two sockets: `begin` is for the first who asks. */
  #once(
    { sessionId, streamId }: SessionRow,
    begin: () => Promise<SessionActor | null>,
  ): Promise<SessionActor | null> {
    const underWay = this.#beginning.get(streamId)
    if (underWay !== undefined) return underWay
    const running = this.#deps.registry.find(sessionId)?.actor
    if (running?.streamId === streamId) return Promise.resolve(running)
    const begun = begin().finally(() => this.#beginning.delete(streamId))
    this.#beginning.set(streamId, begun)
    return begun
  }

  async #goOn({ actor, outbox }: SessionEntry, { streamId, sessionId, state }: SessionRow): Promise<void> {
    const { store, whatsapp, logger } = this.#deps
    let failure: unknown = null
    // At once: whatever else is accepted goes out behind it.
    const mail = outbox.readMail({ begins: true })
    mail.catch(() => {})
    await actor.guard(async () => {
      try {
        const unfinished = await whatsapp.recover(streamId)
        if (unfinished.length > 0) await recordReceived(actor, this.#deps, unfinished)
        await mail
      } catch (error) {
        failure = error
        throw error
      }
    })
    // What comes next would overtake it.
    if (isUnanswered(failure)) throw failure
    // A crash between a send's commit and its wish to wake the session must not leave it asleep.
    const sendsWait = actor.hasTag('asleep') && (await store.messages.hasUnsent(streamId))
    if (actor.ended || !this.#isRunning()) return
    actor.start({ type: 'session.resumed', ...(sendsWait && { sendsWait }) })
    await actor.guard(() => actor.durable())
    logger.debug({ session_id: sessionId, state }, 'session restored')
  }
}

const originOf = (row: SessionRow, epoch: number, session: Standing): SessionOrigin => {
  const { streamId, sessionId, userId, metadata, lastSeq: seq, announced } = row
  return { streamId, sessionId, userId, metadata, epoch, last: { seq, announced, ...session } }
}

async function* slicesOf(rows: AsyncIterable<SessionRow>): AsyncGenerator<SessionRow[]> {
  let slice: SessionRow[] = []
  for await (const row of rows)
    if (slice.push(row) === AT_ONCE) {
      yield slice
      slice = []
    }
  if (slice.length > 0) yield slice
}
