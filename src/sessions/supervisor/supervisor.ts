import { randomUUID } from 'node:crypto'
import { createActor } from 'xstate'
import type { SessionContext } from '../../../machines/session.context.ts'
import { supervisorMachine } from '../../../machines/supervisor.machine.ts'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { MediaPreparer } from '../../ports/media-preparer.ts'
import type { SessionRow } from '../../ports/session-table.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsApp } from '../../ports/whatsapp.ts'
import { SessionActor, type SessionActorDeps } from '../host/session-actor.ts'
import { receive } from '../receiving/record-received.ts'
import { Outbox } from '../sending/outbox.ts'
import { Returns } from './restart-backoff.ts'

/** Restart intensity: more crashes than this within the window suspend the session. */
const CRASHES = { most: 5, withinMs: 60_000 }

/** Sends given up in one round of the reaper. */
const OVERDUE_AT_ONCE = 1000

/** Streams claimed at once while restoring; more would only queue in the store. */
const CLAIMS_AT_ONCE = 200

export interface Entry {
  actor: SessionActor
  outbox: Outbox
  /** When it crashed lately. */
  crashes: number[]
  /** It is being told that it crashed too often; nothing is left to try if that throws, too. */
  lastTry: boolean
}

export interface SupervisorDeps {
  store: Store
  clock: Clock
  logger: Logger
  whatsapp: WhatsApp
  media: Pick<MediaPreparer, 'prepare'>
  machine: SessionActorDeps['machine']
  tellLaravel: boolean
  sendMaxAgeMs: number
  /** Sends of one session per minute; 0 is no limit. */
  sendPerMinute: number
  /** Whether Laravel is told what becomes of sends. */
  tellStatus: boolean
  idle: { afterMs: number; policy: 'keep' | 'hibernate' | 'delete'; reapEveryMs: number }
  onDelivery(lane: string): void
  /** A message came with a file. */
  onDownload?: () => void
}

/** For a session that exists and does not run: it comes back, or its store is away. */
export const notHere = () =>
  new GatewayError('STORE_FAILED', 'This session is not running here at the moment.')

/** Spawns, finds, restarts, reaps and drains the session actors. One that throws touches no other. */
export class Supervisor {
  readonly #deps: SupervisorDeps
  readonly #entries = new Map<string, Entry>()
  /** Actors that ended by themselves and whose sockets are still closing. */
  readonly #closing = new Set<Promise<void>>()
  #recovery: Promise<void> | null = null
  readonly #machine
  readonly #returns: Returns

  constructor(deps: SupervisorDeps) {
    this.#deps = deps
    this.#returns = new Returns(deps.clock)
    const bound = supervisorMachine.provide({
      delays: { reapEvery: deps.idle.reapEveryMs },
      actions: {
        reap: () => this.#reap(),
        standStill: () => void this.#standStill(),
        tryStore: () => {
          this.#recovery ??= this.#tryStore().finally(() => {
            this.#recovery = null
          })
        },
      },
    })
    this.#machine = createActor(bound, { clock: deps.clock as never })
  }

  /** Restores every living session from its newest row and lets it go on. */
  async start(): Promise<void> {
    this.#machine.start()
    await this.#restoreAll()
  }

  find(sessionId: string): Entry | undefined {
    return this.#entries.get(sessionId)
  }

  /** Why no session can be served now; null while all is well. */
  problem(): string | null {
    const { value } = this.#machine.getSnapshot()
    if (typeof value === 'object' && value.running === 'recovering') {
      return 'The store takes no writes (is the disk full?); every session stands still until it does.'
    }
    return value === 'draining' || value === 'stopped' ? 'Shutting down.' : null
  }

  /** The same as an error for whoever asks for something now. */
  refusal(): GatewayError | null {
    const problem = this.problem()
    if (problem === null) return null
    return new GatewayError(this.#isRunning ? 'STORE_FAILED' : 'SHUTTING_DOWN', problem)
  }

  counts(): { live: number; spawned: number; restarted: number } {
    return this.#machine.getSnapshot().context
  }

  /** Begins a new session's life; resolves once it is durable. Rejects with 503 while nothing can be stored. */
  async create(sessionId: string, userId: string | number, phoneNumber?: string): Promise<Entry> {
    const refusal = this.refusal()
    if (refusal !== null) throw refusal
    if (this.#returns.has(sessionId)) throw notHere()
    const entry = this.#add(
      new SessionActor(this.#actorDeps(), {
        streamId: randomUUID(),
        sessionId,
        userId,
        epoch: 1,
        phoneNumber,
      }),
    )
    entry.actor.start()
    await entry.actor.durable()
    return entry
  }

  /** Ends every socket, keeps every link; resolves when no actor runs any more. */
  async stop(): Promise<void> {
    this.#machine.send({ type: 'drain.requested' })
    await this.#recovery
    await this.#standStill()
    this.#machine.send({ type: 'drained' })
    this.#machine.stop()
  }

  get #isRunning(): boolean {
    return typeof this.#machine.getSnapshot().value === 'object'
  }

  #actorDeps(): SessionActorDeps {
    const { store, clock, logger, machine, tellLaravel, onDelivery } = this.#deps
    return {
      store,
      clock,
      logger,
      machine,
      tellLaravel,
      onDelivery,
      onCrash: (actor, error) => this.#crashed(actor, error),
      onStoreFailure: (actor, error) => this.#storeFailed(actor, error),
      onEnded: actor => this.#remove(actor),
    }
  }

  #add(actor: SessionActor): Entry {
    const { sendMaxAgeMs: maxAgeMs, sendPerMinute: perMinute, ...deps } = this.#deps
    const outbox = new Outbox(actor, { ...deps, maxAgeMs, perMinute })
    const entry: Entry = { actor, outbox, crashes: [], lastTry: false }
    this.#entries.set(actor.sessionId, entry)
    this.#machine.send({ type: 'session.added' })
    return entry
  }

  #remove(actor: SessionActor): void {
    const closing = actor.stop().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
    if (this.#entries.get(actor.sessionId)?.actor !== actor) return
    this.#entries.delete(actor.sessionId)
    this.#machine.send({ type: 'session.removed' })
  }

  async #restoreAll(): Promise<SessionActor[]> {
    const rows = [...this.#deps.store.sessions.all()]
    const actors: SessionActor[] = []
    for (let i = 0; i < rows.length && this.#isRunning; i += CLAIMS_AT_ONCE) {
      const some = rows.slice(i, i + CLAIMS_AT_ONCE)
      actors.push(...(await Promise.all(some.map(row => this.#restore(row)))))
    }
    return actors
  }

  async #restore(row: SessionRow): Promise<SessionActor> {
    const { store, whatsapp, logger } = this.#deps
    const { streamId, sessionId, userId, lastSeq, state, announced } = row
    const epoch = await store.claim(streamId)
    const context = JSON.parse(row.context) as SessionContext
    const last = { seq: lastSeq, state, context, announced }
    const { actor } = this.#add(
      new SessionActor(this.#actorDeps(), { streamId, sessionId, userId, epoch, last }),
    )
    await actor.guard(async () => {
      const unfinished = await whatsapp.recover(streamId)
      if (unfinished.length > 0) await receive(actor, this.#deps, unfinished)
    })
    if (actor.ended || !this.#isRunning) return actor
    actor.start()
    // Whoever asks next must not be told that a session is open which only was.
    await actor.guard(() => actor.durable())
    logger.debug({ session_id: sessionId, state }, 'session restored')
    return actor
  }

  #crashed(actor: SessionActor, error: unknown): void {
    const entry = this.#entries.get(actor.sessionId)
    if (entry?.actor !== actor) return
    if (entry.lastTry) {
      this.#deps.logger.error({ session_id: actor.sessionId }, 'session throws at everything and is given up')
      void actor.stop()
      return
    }
    const now = this.#deps.clock.now()
    entry.crashes = [...entry.crashes.filter(at => at > now - CRASHES.withinMs), now]
    const tooOften = entry.crashes.length > CRASHES.most
    this.#deps.logger.error(
      { session_id: actor.sessionId, state: actor.state, stack: stackOf(error) },
      tooOften ? 'session crashed too often and is suspended' : 'session crashed and is restarted',
    )
    this.#machine.send({ type: 'session.restarted' })
    entry.lastTry = tooOften
    actor.revive({ type: tooOften ? 'crashes.exceeded' : 'session.crashed', error: nameOf(error) })
    entry.lastTry = false
  }

  #storeFailed(actor: SessionActor, error: GatewayError): void {
    this.#deps.logger.error({ session_id: actor.sessionId, code: error.code }, error.message)
    if (error.code === 'STORE_FAILED') this.#machine.send({ type: 'store.failed' })
    else this.#bringBackLater(actor)
  }

  /** A session whose write was refused for what was in it goes on as the log has it. */
  #bringBackLater(actor: SessionActor): void {
    const { sessionId } = actor
    if (!this.#isRunning || this.#entries.has(sessionId)) return
    const ms = this.#returns.later(sessionId, async () => {
      try {
        await actor.stop()
        await this.#bringBack(sessionId)
      } catch (error) {
        const code = error instanceof GatewayError ? error.code : 'INTERNAL'
        this.#deps.logger.error({ session_id: sessionId, code }, 'session could not be restored')
        throw error
      }
    })
    if (ms !== null)
      this.#deps.logger.warn({ session_id: sessionId, ms }, 'session is restored from its log soon')
  }

  async #bringBack(sessionId: string): Promise<void> {
    const refusal = this.refusal()
    if (refusal !== null) throw refusal
    const row = this.#entries.has(sessionId) ? null : this.#deps.store.sessions.find(sessionId)
    if (row === null) return
    this.#machine.send({ type: 'session.restarted' })
    const { ended } = await this.#restore(row)
    if (ended) throw notHere()
  }

  async #standStill(): Promise<void> {
    this.#returns.clear()
    const entries = [...this.#entries.values()]
    await Promise.allSettled([...entries.map(({ actor }) => actor.stop()), ...this.#closing])
  }

  async #tryStore(): Promise<void> {
    const { store, logger } = this.#deps
    try {
      const [first] = store.sessions.all()
      if (first) await store.claim(first.streamId)
      await this.#standStill()
      const actors = await this.#restoreAll()
      const outcomes = await Promise.allSettled(actors.map(actor => actor.durable()))
      for (const outcome of outcomes)
        if (outcome.status === 'rejected' && outcome.reason.code === 'STORE_FAILED') throw outcome.reason
      this.#machine.send({ type: 'store.recovered' })
      logger.info({ sessions: this.#entries.size }, 'the store takes writes again, every session is restored')
    } catch (error) {
      logger.warn(
        { code: error instanceof GatewayError ? error.code : 'INTERNAL' },
        'the store still takes no writes',
      )
    }
  }

  #reap(): void {
    const { store, clock, idle, sendMaxAgeMs } = this.#deps
    for (const { sessionId, messageId } of store.messages.overdue(
      clock.now() - sendMaxAgeMs,
      OVERDUE_AT_ONCE,
    )) {
      const entry = this.#entries.get(sessionId)
      void entry?.actor.guard(() => entry.outbox.expire(messageId))
    }
    const since = clock.now() - idle.afterMs
    for (const { sessionId, lastActivity } of store.sessions.all()) {
      const actor = this.#entries.get(sessionId)?.actor
      // Whoever called /start just now is about to scan, or to send.
      if (actor === undefined || Math.max(lastActivity, actor.context.startedAt) > since) continue
      actor.tell({ type: 'session.idled', policy: idle.policy })
    }
  }
}

/** An error's kind without its data: messages may hold what they complain about. */
const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'Error')

/** Where it happened, without the message. */
const stackOf = (error: unknown) =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .filter(line => /^\s+at /.test(line))
        .slice(0, 8)
    : []
