import { type AnyActorRef, createActor, type SnapshotFrom } from 'xstate'
import type { EstadoQr, MessageFact, SessionEvent, SessionFact } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { SESSION_MACHINE_VERSION, type sessionMachine } from '../../../machines/session.machine.ts'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { NewEvent } from '../../ports/event-log.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsAppSocket } from '../../ports/whatsapp.ts'
import { EffectChain, type Ticket } from './effect-chain.ts'
import { narrate } from './state-log-lines.ts'
import { dottedState, stateValue } from './state-name.ts'
import { announcementOf, statusDeliveryOf } from './status-announcement.ts'
import { Stream, type StreamWrite } from './stream.ts'

type Machine = typeof sessionMachine
type Snapshot = SnapshotFrom<Machine>

/** What changes in the same commit as message facts; the rows come from the actor. */
export type Changes = Omit<StreamWrite, 'create' | 'events' | 'announced'>

export interface SessionActorDeps {
  store: Pick<Store, 'commit'>
  clock: Clock
  logger: Logger
  /** The session machine with everything provided. */
  machine: Machine
  /** Whether statuses are delivered: false without LARAVEL_URL. */
  tellLaravel: boolean
  /** A lane has something new, durably. */
  onDelivery(lane: string): void
  /** The session threw: in a transition, an effect or a callback. */
  onCrash(actor: SessionActor, error: unknown): void
  /** A commit failed; this actor does nothing any more. */
  onStoreFailure(actor: SessionActor, error: GatewayError): void
  /** The actor lives no more: stopped, buried, or cut off from the store. */
  onEnded(actor: SessionActor): void
}

/** Where a session's life stands when its actor begins. */
export interface SessionOrigin {
  streamId: string
  sessionId: string
  userId: string | number
  epoch: number
  /** Of a new session that is to be linked by a pairing code: digits. */
  phoneNumber?: string | undefined
  /** The newest row; absent for a session that is created now. */
  last?: { seq: number; state: string; context: SessionContext; announced: EstadoQr | null }
}

/**
 * Hosts one session: records each accepted fact, applies it, and lets its effects act once the fact is durable.
 * Memory may run ahead of the log; the outside world never does.
 */
export class SessionActor {
  readonly sessionId: string
  readonly userId: string | number
  /** The open Baileys socket; set and cleared by the socket's effect. */
  socket: WhatsAppSocket | null = null
  /** Dedupe keys of messages on their way into the log. */
  readonly arriving = new Set<string>()
  /** Facts that the machine had no use for. */
  refused = 0

  readonly #deps: SessionActorDeps
  readonly #restored: boolean
  readonly #stream: Stream
  readonly #effects: EffectChain
  #actor: AnyActorRef
  #snapshot: Snapshot
  #announced: EstadoQr | null
  #ticket: Ticket
  /** The fact being applied erases the keys in its own commit. */
  #erases = false
  #ended = false
  #stopping = false
  #burial: 'no' | 'begun' | 'done' = 'no'
  /** Events that the machine took; one that threw is none of them. */
  #applied = new WeakSet<object>()
  #watchers = new Set<() => void>()
  #children = new Set<() => void>()

  constructor(deps: SessionActorDeps, origin: SessionOrigin) {
    this.#deps = deps
    const { sessionId, userId, phoneNumber } = origin
    this.sessionId = sessionId
    this.userId = userId
    this.#restored = origin.last !== undefined
    this.#announced = origin.last?.announced ?? null
    const seq = origin.last?.seq ?? 0
    this.#stream = new Stream(deps.store, { ...origin, seq }, failure => {
      if (this.#ended) return
      this.#end()
      deps.onStoreFailure(this, failure)
    })
    this.#effects = new EffectChain(this.#stream, error => deps.onCrash(this, error))
    this.#ticket = { seq, aborted: false }
    this.#actor = origin.last
      ? this.#create(origin.last.state, origin.last.context)
      : createActor(this.#recording(), {
          input: { sessionId, userId, at: deps.clock.now(), phoneNumber },
          clock: deps.clock as never,
        })
    this.#snapshot = this.#actor.getSnapshot() as Snapshot
  }

  /** Begins to live: a new session records `session.created`, a restored one goes on with `session.resumed`. */
  start(): void {
    if (!this.#restored) {
      this.#ticket = { seq: ++this.#stream.seq, aborted: false }
      const { phoneNumber, createdAt } = this.context
      this.#record(
        {
          type: 'session.created',
          sessionId: this.sessionId,
          userId: this.userId,
          ...(phoneNumber !== undefined && { phoneNumber }),
          at: createdAt,
        },
        this.#snapshot,
      )
    }
    this.#run()
    if (this.#restored) this.tell({ type: 'session.resumed' })
  }

  /** Dotted, after the last applied fact; the log may not hold it yet. */
  get state(): string {
    return dottedState(this.#snapshot.value)
  }

  get context(): SessionContext {
    return this.#snapshot.context
  }

  get streamId(): string {
    return this.#stream.streamId
  }

  get epoch(): number {
    return this.#stream.epoch
  }

  get seq(): number {
    return this.#stream.seq
  }

  get ended(): boolean {
    return this.#ended
  }

  /** `begun`: the tombstone is on its way into the log, nothing comes after it. `done`: it is durable. */
  get burial(): 'no' | 'begun' | 'done' {
    return this.#burial
  }

  get #takesFacts(): boolean {
    return !this.#ended && this.#burial === 'no'
  }

  /** Whether the machine has a use for this fact now. */
  can(fact: SessionFact | { type: 'message.queued' }): boolean {
    return this.#takesFacts && this.#snapshot.can({ ...fact, at: this.#deps.clock.now() } as SessionEvent)
  }

  /** Applies a fact; false if the machine had no use for it, or threw at it. */
  tell(fact: SessionFact): boolean {
    if (!this.#takesFacts || this.#stopping) return false
    this.#applied.delete(fact)
    this.#actor.send(fact)
    return this.#applied.has(fact)
  }

  /** The same for who must answer for it: resolves once the fact is durable, rejects if the store failed. */
  async post(fact: SessionFact): Promise<boolean> {
    const accepted = this.tell(fact)
    if (accepted) await this.durable()
    return accepted
  }

  /**
   * Appends message facts, which never enter the machine, together with what else must change in the same commit.
   * `changes` gets the seq of the first fact. Resolves once durable; rejects with GatewayError.
   */
  append(facts: MessageFact[], changes: (firstSeq: number) => Changes): Promise<void> {
    if (!this.#takesFacts)
      return Promise.reject(new GatewayError('SHUTTING_DOWN', 'The session is not running here any more.'))
    const first = this.seq + 1
    const at = this.#deps.clock.now()
    const events = facts.map(
      ({ type, ...data }, i): NewEvent => ({ seq: first + i, at, type, data, snapshot: null }),
    )
    this.#stream.seq += facts.length
    const rest = changes(first)
    return this.#commit({ ...(events.length > 0 && { events }), ...rest })
  }

  /** Changes that belong to no fact: erased keys, finished inbox rows. */
  change(changes: Changes): Promise<void> {
    return this.append([], () => changes)
  }

  /** Erases credentials and keys: `now` with the fact that is being applied, and in any case once the last socket has ended. */
  eraseKeys({ now }: { now: boolean }): void {
    this.#erases = now
    this.effect(() => this.change({ erase: 'keys' }))
  }

  /** Leaves one tombstone row and ends the actor: the session id is free again. */
  async bury(): Promise<void> {
    if (!this.#takesFacts) return
    this.#burial = 'begun'
    const tombstone: NewEvent = {
      seq: ++this.#stream.seq,
      at: this.#deps.clock.now(),
      type: 'session.deleted',
      data: {},
      snapshot: null,
    }
    await this.#commit({ events: [tombstone], erase: 'stream' })
    this.#burial = 'done'
    this.#end()
  }

  /** Runs once the fact that caused it is durable, one effect after the other. */
  effect(run: () => unknown): void {
    const ticket = this.#ticket
    // XState stops children after the transition: what they clear up goes first.
    queueMicrotask(() => this.#effects.run(ticket, run))
  }

  /** The same, beside other effects. */
  aside(run: () => unknown): void {
    this.#effects.aside(this.#ticket, run)
  }

  /** Clears up in order with the effects, durable or not. */
  cleanUp(run: () => unknown): void {
    this.#effects.cleanUp(run)
  }

  /** Runs a callback of the outside; what it throws is this session's crash and nobody else's. */
  guard(run: () => unknown): Promise<void> {
    return this.#effects.guard(run)
  }

  /** Registers what a child must do when it stops, or when the actor dies without stopping it; it runs once. */
  onChildStop(run: () => void): () => void {
    const once = () => {
      if (this.#children.delete(once)) run()
    }
    this.#children.add(once)
    return once
  }

  /** Resolves once everything applied so far is in the log. */
  async durable(): Promise<void> {
    await this.#stream.durable()
  }

  /** Resolves with true once `done()` holds, with false at `deadline` (ms since the epoch). */
  async until(done: () => boolean, deadline: number): Promise<boolean> {
    const { clock } = this.#deps
    if (done()) return true
    return new Promise(resolve => {
      const finish = (held: boolean) => {
        clock.clearTimeout(timer)
        this.#watchers.delete(look)
        resolve(held)
      }
      const look = () => done() && finish(true)
      const timer = clock.setTimeout(() => finish(false), Math.max(0, deadline - clock.now()))
      this.#watchers.add(look)
    })
  }

  /** After a crash: the last good state goes on in a fresh actor, with `fact` as the next one. */
  revive(fact: SessionFact): void {
    if (this.#ended || this.#stopping) return
    const { state, context } = this
    this.#stopActor()
    this.#actor = this.#create(state, context)
    this.#run()
    this.tell(fact)
  }

  /** Stops without a trace in the log: sockets end, the link stays. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#stopActor()
    await Promise.resolve()
    await this.#effects.idle()
    await this.#stream.idle()
    if (!this.#ended) this.#end()
  }

  #end(): void {
    this.#ended = true
    this.#stopActor()
    for (const look of [...this.#watchers]) look()
    this.#deps.onEnded(this)
  }

  #stopActor(): void {
    this.#actor.stop()
    for (const stop of [...this.#children]) stop()
  }

  #run(): void {
    const actor = this.#actor
    actor.subscribe({
      error: error => {
        if (actor === this.#actor) this.#deps.onCrash(this, error)
      },
    })
    actor.start()
  }

  #create(state: string, context: SessionContext): AnyActorRef {
    const { machine, clock } = this.#deps
    const resolved = machine.resolveState({ value: stateValue(state) as never, context })
    return createActor(this.#recording(), {
      input: { sessionId: this.sessionId, userId: this.userId, at: context.createdAt },
      snapshot: machine.getPersistedSnapshot(resolved) as never,
      clock: clock as never,
    })
  }

  /** The machine, with every accepted event recorded in the order of application. */
  #recording(): Machine {
    const { machine, clock } = this.#deps
    const recording = Object.create(machine) as Machine
    recording.transition = (snapshot, event, scope) => {
      const { type } = event as { type: string }
      if (type === 'xstate.init' || type === 'xstate.stop') return machine.transition(snapshot, event, scope)
      if (!this.#takesFacts) return snapshot
      // XState shares one timer-event object between actors: never write into it.
      const fact = Object.freeze({ ...event, at: clock.now() }) as SessionEvent
      if (!type.startsWith('xstate.error.') && !snapshot.can(fact)) {
        this.refused++
        return snapshot
      }
      const ticket = { seq: this.seq + 1, aborted: false }
      this.#ticket = ticket
      this.#erases = false
      try {
        const next = machine.transition(snapshot, fact, scope)
        this.#stream.seq = ticket.seq
        this.#record(fact, next)
        this.#applied.add(event)
        return next
      } catch (error) {
        ticket.aborted = true
        throw error
      }
    }
    return recording
  }

  #record({ type, at, ...data }: SessionEvent, next: Snapshot): void {
    const before = type === 'session.created' ? null : this.state
    this.#snapshot = next
    const state = dottedState(next.value)
    const { context } = next
    const { seq, streamId } = this
    const row: NewEvent = {
      seq,
      at,
      type,
      // What a child threw may hold anything.
      data: type.startsWith('xstate.error.') ? {} : data,
      snapshot: { state, context: JSON.stringify(context), machineVersion: SESSION_MACHINE_VERSION },
    }
    const news = announcementOf(this.#announced, type, state, context)
    this.#announced = news?.estadoQr ?? this.#announced
    const deliver = news?.deliver === true && this.#deps.tellLaravel
    const committed = this.#commit({
      ...(type === 'session.created' && { create: { sessionId: this.sessionId, userId: this.userId, at } }),
      events: [row],
      ...(this.#erases && { erase: 'keys' as const }),
      ...(news !== null && { announced: news.estadoQr }),
      ...(deliver && {
        deliveries: [statusDeliveryOf(streamId, seq, at, news.estadoQr, state, context)],
      }),
    })
    committed.then(
      () => {
        narrate(this.#deps.logger, before, state, context)
        for (const look of [...this.#watchers]) look()
      },
      () => {},
    )
  }

  async #commit(write: StreamWrite): Promise<void> {
    await this.#stream.commit(write)
    for (const { lane } of write.deliveries ?? []) this.#deps.onDelivery(lane)
  }
}
