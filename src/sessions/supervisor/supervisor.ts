import { randomUUID } from 'node:crypto'
import { type AnyActorRef, createActor } from 'xstate'
import type { SupervisorEvent } from '../../../machines/supervisor.setup.ts'
import { causedByNobody } from '../../base/causes.ts'
import { faultFields } from '../../base/describe-error.ts'
import { GatewayError } from '../../base/errors.ts'
import { type Problem, SHUTTING_DOWN, SUPERVISOR_FAILED } from '../../base/problem.ts'
import type { Residents } from '../../ports/cluster/residents.ts'
import type { Stats } from '../../ports/session-queries.ts'
import { SessionActor } from '../host/session-actor.ts'
import type { NewSession, SessionOrigin } from '../host/session-origin.ts'
import type { SessionEntry } from '../registry.ts'
import { Outbox } from '../sending/outbox.ts'
import { notRunning } from '../unavailable.ts'
import { bindSupervisor } from './bind-supervisor.ts'
import { Reaper } from './reaper.ts'
import { createResidents } from './residents.ts'
import { SessionCounts } from './session-counts.ts'
import { SessionRestorer } from './session-restorer.ts'
import { StoreRecovery } from './store-recovery.ts'
import type { SupervisorDeps } from './supervisor-deps.ts'

type Of<Type extends SupervisorEvent['type']> = Extract<SupervisorEvent, { type: Type }>

/** Does what the supervisor's machine decides: spawns, restarts, brings back, reaps and drains session actors. */
export class Supervisor {
  /** For who decides which sessions live here. */
  readonly residents: Residents & { forget(): void }
  readonly #deps: SupervisorDeps
  readonly #counts: SessionCounts
  readonly #reaper: Reaper
  readonly #restorer: SessionRestorer
  readonly #recovery: StoreRecovery
  readonly #machine
  /** Actors that ended by themselves and whose sockets are still closing. */
  readonly #closing = new Map<SessionActor, Promise<void>>()
  /** A session that is told that it crashed too often; nothing is left to try if that throws, too. */
  #suspending: SessionActor | null = null

  constructor(deps: SupervisorDeps) {
    this.#deps = deps
    const bound = bindSupervisor(
      deps.idle.reapEveryMs,
      {
        spawn: entry => deps.registry.add(entry),
        restart: (crash, tooOften) => this.#restart(crash, tooOften),
        bringBack: sessionId => void this.#restoreLost(sessionId),
        tellReturn: (sessionId, ms) =>
          deps.logger.warn(
            { session_id: sessionId, ms },
            'session was lost and will be restored from its log',
          ),
        reap: () => void this.#reap(),
        stopAll: () => void this.#stopAll(),
        tryStore: () => this.#recovery.try(),
      },
      error => deps.logger.error(faultFields(error), 'the supervisor could not do what it decided'),
    )
    this.#machine = createActor(bound, { clock: deps.clock as never })
    this.#machine.subscribe({
      error: error => {
        deps.logger.fatal(faultFields(error), 'the supervisor failed')
        deps.onDead(SUPERVISOR_FAILED.message)
      },
    })
    this.#counts = new SessionCounts((was, is) => this.#machine.send({ type: 'session.changed', was, is }))
    this.#reaper = new Reaper(deps, this.#counts)
    this.#restorer = new SessionRestorer(deps, this.#counts, {
      spawn: origin => this.#spawn('session.restored', origin),
      isRunning: () => this.#isRunning,
    })
    this.#recovery = new StoreRecovery({
      ...deps,
      restorer: this.#restorer,
      stopAll: async () => {
        this.#machine.send({ type: 'sessions.stopped' })
        await this.#stopAll()
        if (deps.rejoin !== undefined) this.residents.forget()
      },
      recovered: () => this.#machine.send({ type: 'store.recovered' }),
    })
    this.residents = createResidents({
      ...{ ...deps, restorer: this.#restorer, counts: this.#counts },
      stats: () => this.stats(),
      isServing: () => this.problem() === null,
      storeFailed: error => this.#storeAway(error),
    })
  }

  /** Restores every living session from its newest row and lets it go on, if all are this process's; if the store takes no writes, once it does. */
  async start(): Promise<void> {
    this.#machine.start()
    if (this.#deps.rejoin !== undefined) return
    await this.#restorer.restoreAll().catch(error => {
      if (!(error instanceof GatewayError) || error.code !== 'STORE_FAILED') throw error
      this.#storeAway(error)
    })
  }

  find(sessionId: string): SessionEntry | undefined {
    return this.#deps.registry.find(sessionId)
  }

  /** Why no session can be served now; null while all is well. */
  problem(): Problem | null {
    const snapshot = this.#machine.getSnapshot()
    if (snapshot.matches({ running: 'recovering' })) return this.#recovery.problem()
    return snapshot.status === 'error' ? SUPERVISOR_FAILED : this.#isRunning ? null : SHUTTING_DOWN
  }

  /** What somebody should look at while the rest works. */
  warnings(): Problem[] {
    const { quarantine } = this.#restorer
    return [quarantine.warning(), this.#counts.warning()].filter(warning => warning !== null)
  }

  /** The same as an error for whoever asks for something now. */
  refusal(): GatewayError | null {
    const problem = this.problem()
    const code = this.#isRunning ? 'STORE_FAILED' : 'SHUTTING_DOWN'
    return problem && new GatewayError(code, problem.message, { retryAfterSeconds: 2 })
  }

  /** Why a session that is stored stands still; null if it runs, or is none. */
  whyUnreadable(sessionId: string): string | null {
    return this.#restorer.quarantine.whyOf(sessionId)
  }

  /** How many sessions stand still because they cannot be read. */
  get quarantined(): number {
    return this.#restorer.quarantine.size
  }

  /** Reads a session that stands still once more, or lets it live once more so that it can be deleted. */
  async retry(sessionId: string, to: 'run' | 'delete'): Promise<void> {
    const refusal = this.refusal()
    if (refusal !== null) throw refusal
    await this.#restorer.retry(sessionId, to)
  }

  /** What nobody caught was thrown by this session: it goes on as after any crash of its own. */
  crash(sessionId: string, error: unknown): void {
    const actor = this.find(sessionId)?.actor
    if (actor !== undefined) this.#crashed(actor, error)
  }

  /** The XState actor that runs the supervisor's machine, for who looks on. */
  get chart(): AnyActorRef {
    return this.#machine
  }

  /** Session actors that run. */
  get live(): number {
    return this.#machine.getSnapshot().context.live
  }

  /** What /stats says, from what was counted as it happened: it costs the same with one session and with a thousand. */
  stats(): Stats {
    return this.#counts.stats(this.#machine.getSnapshot().context.counts, this.#deps.clock.now())
  }

  /** Begins a new session's life; resolves once it is durable. Rejects with 503 while nothing can be stored. */
  async create(wanted: NewSession): Promise<SessionEntry> {
    const refusal = this.refusal()
    if (refusal !== null) throw refusal
    if (this.#machine.getSnapshot().context.returns[wanted.sessionId]?.pending) throw notRunning()
    const entry = this.#spawn('session.requested', { ...wanted, streamId: randomUUID(), epoch: 1 })
    entry.actor.start()
    await entry.actor.durable()
    return entry
  }

  /** Ends every socket, keeps every link; resolves when no actor runs any more. */
  async stop(): Promise<void> {
    this.#machine.send({ type: 'drain.requested' })
    await Promise.all([this.#recovery.settled(), this.#reaper.stop()])
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
        // It is everybody's trouble, and so is what follows.
        onStoreFailure: (failed, error) => causedByNobody(() => this.#storeFailed(failed, error)),
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
    this.#machine.send({ type: 'session.crashed', sessionId, at: clock.now(), ...faultFields(error) })
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
    const about = { session_id: sessionId, code: error.code }
    if (error.code === 'STORE_FAILED') {
      logger.debug(about, error.message)
      this.#storeAway(error)
      return
    }
    logger.error(about, error.message)
    if (registry.find(sessionId) === undefined)
      this.#machine.send({ type: 'session.lost', sessionId, at: clock.now() })
  }

  #storeAway(error: GatewayError): void {
    this.#recovery.failed(error)
    this.#machine.send({ type: 'store.failed' })
  }

  /** A session whose write was refused for what was in it goes on as the log has it. */
  async #restoreLost(sessionId: string): Promise<void> {
    const { registry, store, logger, clock } = this.#deps
    try {
      await this.#closed(sessionId)
      const row = registry.find(sessionId) === undefined ? await store.sessions.find(sessionId) : null
      const refusal = this.refusal()
      if (refusal !== null) throw refusal
      if (row !== null && (await this.#restorer.restore(row))?.ended) throw notRunning()
      this.#machine.send({ type: 'session.returned', sessionId })
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : 'INTERNAL'
      logger.error({ session_id: sessionId, code }, 'session could not be restored')
      this.#machine.send({ type: 'session.returnFailed', sessionId, at: clock.now() })
    }
  }

  async #reap(): Promise<void> {
    await this.#reaper.round()
    if (this.#isRunning) this.#machine.send({ type: 'round.ended', at: this.#deps.clock.now() })
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
}
