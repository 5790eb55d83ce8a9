import { randomUUID } from 'node:crypto'
import { assertEvent, createActor } from 'xstate'
import { supervisorMachine } from '../../../machines/supervisor.machine.ts'
import type { SupervisorEvent } from '../../../machines/supervisor.setup.ts'
import { GatewayError } from '../../base/errors.ts'
import type { MediaPreparer } from '../../ports/media-preparer.ts'
import type { Stats } from '../../ports/session-queries.ts'
import type { WhatsApp } from '../../ports/whatsapp.ts'
import { SessionActor, type SessionActorDeps } from '../host/session-actor.ts'
import type { SessionOrigin } from '../host/session-origin.ts'
import type { SessionEntry, SessionRegistry } from '../registry.ts'
import { Outbox, type OutboxSettings } from '../sending/outbox.ts'
import { framesOf, nameOf } from './describe-error.ts'
import { type IdlePolicy, reap } from './reaper.ts'
import { SessionCounts } from './session-counts.ts'
import { type RestoreDeps, SessionRestorer } from './session-restorer.ts'

/** Without a message for this long a session counts as inactive in /stats, in ms. */
const INACTIVE_AFTER = 5 * 60_000

export interface SupervisorDeps
  extends RestoreDeps,
    OutboxSettings,
    Pick<SessionActorDeps, 'logger' | 'machine' | 'tellPasskeys' | 'onDelivery'> {
  registry: SessionRegistry
  whatsapp: WhatsApp
  media: Pick<MediaPreparer, 'prepare'>
  idle: IdlePolicy
}

type Of<Type extends SupervisorEvent['type']> = Extract<SupervisorEvent, { type: Type }>

/** For a session that exists and does not run: it comes back, or its store is away. */
export const notRunning = () =>
  new GatewayError('STORE_FAILED', 'This session is not running here at the moment.')

/** Does what the supervisor's machine decides: spawns, restarts, brings back, reaps and drains session actors. */
export class Supervisor {
  readonly #deps: SupervisorDeps
  readonly #counts: SessionCounts
  readonly #restorer: SessionRestorer
  readonly #machine
  /** Actors that ended by themselves and whose sockets are still closing. */
  readonly #closing = new Map<SessionActor, Promise<void>>()
  #recovery: Promise<void> | null = null
  /** A session that is told that it crashed too often; nothing is left to try if that throws, too. */
  #suspending: SessionActor | null = null

  constructor(deps: SupervisorDeps) {
    this.#deps = deps
    const bound = supervisorMachine.provide({
      delays: { reapEvery: deps.idle.reapEveryMs },
      actions: {
        spawnSession: ({ event }) => {
          assertEvent(event, ['session.requested', 'session.restored'])
          deps.registry.add(event.entry as SessionEntry)
        },
        restartSession: ({ event }) => {
          assertEvent(event, 'session.crashed')
          this.#restart(event, false)
        },
        suspendSession: ({ event }) => {
          assertEvent(event, 'session.crashed')
          this.#restart(event, true)
        },
        bringBackSession: ({ event }) => {
          assertEvent(event, 'session.returnDue')
          void this.#restoreLost(event.sessionId)
        },
        tellReturn: ({ context, event }) => {
          assertEvent(event, ['session.lost', 'session.returnFailed'])
          const { ms } = context.returns[event.sessionId]!
          deps.logger.warn(
            { session_id: event.sessionId, ms },
            'session was lost and will be restored from its log',
          )
        },
        reapIdleSessions: () => this.#reap(),
        stopAll: () => void this.#stopAll(),
        tryStore: () => {
          this.#recovery ??= this.#tryStore().finally(() => {
            this.#recovery = null
          })
        },
      },
    })
    this.#machine = createActor(bound, { clock: deps.clock as never })
    this.#machine.subscribe({
      error: error =>
        deps.logger.fatal({ error: nameOf(error), stack: framesOf(error) }, 'the supervisor failed'),
    })
    this.#counts = new SessionCounts((was, is) => this.#machine.send({ type: 'session.changed', was, is }))
    this.#restorer = new SessionRestorer(deps, this.#counts, {
      spawn: origin => this.#spawn('session.restored', origin),
      isRunning: () => this.#isRunning,
    })
  }

  /** Restores every living session from its newest row and lets it go on. */
  async start(): Promise<void> {
    this.#machine.start()
    await this.#restorer.restoreAll()
  }

  find(sessionId: string): SessionEntry | undefined {
    return this.#deps.registry.find(sessionId)
  }

  /** Why no session can be served now; null while all is well. */
  problem(): string | null {
    const snapshot = this.#machine.getSnapshot()
    if (snapshot.matches({ running: 'recovering' })) {
      return 'The store takes no writes (is the disk full?); every session stands still until it does.'
    }
    if (snapshot.status === 'error') return 'The supervisor of the sessions failed: restart the process.'
    return snapshot.matches('running') ? null : 'Shutting down.'
  }

  /** The same as an error for whoever asks for something now. */
  refusal(): GatewayError | null {
    const problem = this.problem()
    if (problem === null) return null
    return new GatewayError(this.#isRunning ? 'STORE_FAILED' : 'SHUTTING_DOWN', problem)
  }

  /** Session actors that run. */
  get live(): number {
    return this.#machine.getSnapshot().context.live
  }

  /** What /stats says, from what was counted as it happened: it costs the same with one session and with a thousand. */
  stats(): Stats {
    const { byState, publishing, tracked } = this.#machine.getSnapshot().context.counts
    const now = this.#deps.clock.now()
    const states = Object.entries(byState).filter(([, count]) => count > 0)
    return {
      sessions: {
        totalSessions: states.reduce((sum, [, count]) => sum + count, 0),
        activeSessions: byState.open ?? 0,
        inactiveSessions: this.#counts.quietSince(now - INACTIVE_AFTER),
        oldestSession: now - (this.#counts.oldest() ?? now),
      },
      qr: { pendingQR: publishing, trackedSessions: tracked },
      byState: Object.fromEntries(states),
    }
  }

  /** Begins a new session's life; resolves once it is durable. Rejects with 503 while nothing can be stored. */
  async create(sessionId: string, userId: string | number, phoneNumber?: string): Promise<SessionEntry> {
    const refusal = this.refusal()
    if (refusal !== null) throw refusal
    if (this.#machine.getSnapshot().context.returns[sessionId]?.pending) throw notRunning()
    const origin: SessionOrigin = { streamId: randomUUID(), sessionId, userId, epoch: 1, phoneNumber }
    const entry = this.#spawn('session.requested', origin)
    entry.actor.start()
    await entry.actor.durable()
    return entry
  }

  /** Ends every socket, keeps every link; resolves when no actor runs any more. */
  async stop(): Promise<void> {
    this.#machine.send({ type: 'drain.requested' })
    await this.#recovery
    await this.#stopAll()
    this.#machine.send({ type: 'drained' })
    this.#machine.stop()
  }

  get #isRunning(): boolean {
    return this.#machine.getSnapshot().matches('running')
  }

  /** An actor for a session, and its outbox: known from now on, and not started yet. */
  #spawn(type: 'session.requested' | 'session.restored', origin: SessionOrigin): SessionEntry {
    const deps = this.#deps
    const actor: SessionActor = new SessionActor(
      {
        ...deps,
        onCommitted: (...committed) => this.#counts.committed(...committed),
        onActivity: (sessionId, at) => this.#counts.active(sessionId, at),
        onCrash: (crashed, error) => this.#crashed(crashed, error),
        onStoreFailure: (failed, error) => this.#storeFailed(failed, error),
        onEnded: ended => this.#ended(ended),
      },
      origin,
    )
    const entry = { actor, outbox: new Outbox(actor, deps) }
    this.#machine.send({ type, entry })
    return entry
  }

  #ended(actor: SessionActor): void {
    const closing = actor.stop().finally(() => this.#closing.delete(actor))
    this.#closing.set(actor, closing)
    if (!this.#deps.registry.remove(actor)) return
    if (actor.deletion === 'done') this.#counts.deleted(actor.sessionId)
    this.#machine.send({ type: 'session.left' })
  }

  #crashed(actor: SessionActor, error: unknown): void {
    const { registry, logger, clock } = this.#deps
    const { sessionId } = actor
    if (registry.find(sessionId)?.actor !== actor) return
    if (this.#suspending === actor) {
      logger.error({ session_id: sessionId }, 'session cannot even record its crash and is stopped')
      void actor.stop()
      return
    }
    const at = clock.now()
    this.#machine.send({
      type: 'session.crashed',
      sessionId,
      at,
      error: nameOf(error),
      stack: framesOf(error),
    })
  }

  #restart({ sessionId, error, stack }: Of<'session.crashed'>, tooOften: boolean): void {
    const actor = this.find(sessionId)?.actor
    if (actor === undefined) return
    this.#deps.logger.error(
      { session_id: sessionId, state: actor.state, stack },
      tooOften ? 'session crashed too often and is suspended' : 'session crashed and is restarted',
    )
    if (tooOften) this.#suspending = actor
    actor.revive({ type: tooOften ? 'crashes.exceeded' : 'session.crashed', error })
    this.#suspending = null
  }

  #storeFailed({ sessionId }: SessionActor, error: GatewayError): void {
    const { logger, registry, clock } = this.#deps
    logger.error({ session_id: sessionId, code: error.code }, error.message)
    if (error.code === 'STORE_FAILED') this.#machine.send({ type: 'store.failed' })
    else if (registry.find(sessionId) === undefined)
      this.#machine.send({ type: 'session.lost', sessionId, at: clock.now() })
  }

  /** A session whose write was refused for what was in it goes on as the log has it. */
  async #restoreLost(sessionId: string): Promise<void> {
    const { registry, store, logger, clock } = this.#deps
    try {
      await this.#closed(sessionId)
      const refusal = this.refusal()
      if (refusal !== null) throw refusal
      const row = registry.find(sessionId) === undefined ? store.sessions.find(sessionId) : null
      if (row !== null && (await this.#restorer.restore(row))?.ended) throw notRunning()
      this.#machine.send({ type: 'session.returned', sessionId })
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : 'INTERNAL'
      logger.error({ session_id: sessionId, code }, 'session could not be restored')
      this.#machine.send({ type: 'session.returnFailed', sessionId, at: clock.now() })
    }
  }

  #reap(): void {
    try {
      reap({ ...this.#deps, counts: this.#counts })
    } catch (error) {
      this.#deps.logger.error(
        { error: nameOf(error) },
        'idle sessions could not be checked; the next round tries again',
      )
    }
    this.#machine.send({ type: 'round.ended', at: this.#deps.clock.now() })
  }

  /** The actors that this session had have ended. */
  async #closed(sessionId: string): Promise<void> {
    for (const [actor, closing] of this.#closing) if (actor.sessionId === sessionId) await closing
  }

  async #stopAll(): Promise<void> {
    await Promise.allSettled([
      ...this.#deps.registry.all().map(({ actor }) => actor.stop()),
      ...this.#closing.values(),
    ])
  }

  async #tryStore(): Promise<void> {
    const { store, logger, registry } = this.#deps
    try {
      const [first] = store.sessions.all()
      if (first) await store.claim(first.streamId)
      this.#machine.send({ type: 'sessions.stopped' })
      await this.#stopAll()
      const actors = await this.#restorer.restoreAll()
      const outcomes = await Promise.allSettled(actors.map(actor => actor.durable()))
      for (const outcome of outcomes)
        if (outcome.status === 'rejected' && outcome.reason.code === 'STORE_FAILED') throw outcome.reason
      this.#machine.send({ type: 'store.recovered' })
      logger.info({ sessions: registry.size }, 'the store takes writes again, every session is restored')
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : 'INTERNAL'
      logger.warn({ code }, 'the store still takes no writes')
    }
  }
}
