import type { AnyActorRef } from 'xstate'
import type { EstadoQr, LoggedFact, SessionEvent, SessionFact } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import type { SessionTag } from '../../../machines/session.guards.ts'
import { dottedState } from '../../../machines/session.state.ts'
import type { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Metadata } from '../../messages/metadata.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsAppSocket } from '../../ports/whatsapp.ts'
import { notRunning } from '../unavailable.ts'
import { EffectChain } from './effect-chain.ts'
import { type FactDeps, FactRecorder, type Machine, type Recorded, type Snapshot } from './fact-recorder.ts'
import { creationOf, lifecycleWrite } from './lifecycle-write.ts'
import { loggedRows, tombstoneRow } from './log-rows.ts'
import { logNews, logStateChange } from './log-state-change.ts'
import { MachineRunner } from './machine-runner.ts'
import type { SessionOrigin } from './session-origin.ts'
import { type Changes, Stream, type StreamWrite } from './stream.ts'
import { Waiters } from './waiters.ts'

export interface SessionActorDeps extends FactDeps {
  store: Pick<Store, 'commit'>
  logger: Logger
  /** The session machine with everything provided. */
  machine: Machine
  /** Whether statuses are delivered: false without LARAVEL_URL. */
  tellLaravel: boolean
  /** Whether Laravel wants to be told of passkeys that WhatsApp demands. */
  tellPasskeys: boolean
  /** A lane has something new, durably. */
  onDelivery(lane: string): void
  /** A lifecycle fact is durable; state (dotted) and context are those after it. */
  onCommitted(sessionId: string, state: string, context: SessionContext): void
  /** A message in, or an accepted send, is durable; `at` in ms. */
  onActivity(sessionId: string, at: number): void
  /** The session threw: in a transition, an effect or a callback. */
  onCrash(actor: SessionActor, error: unknown): void
  /** A commit failed; this actor does nothing any more. */
  onStoreFailure(actor: SessionActor, error: GatewayError): void
  /** The actor lives no more: stopped, deleted, or cut off from the store. */
  onEnded(actor: SessionActor): void
}

/**
 * Hosts one session: applies facts to its machine, has each accepted one recorded, and lets its effects act once the fact is durable.
 * Memory may run ahead of the log; the outside world never does.
 */
export class SessionActor {
  readonly sessionId: string
  readonly userId: string | number
  /** As the store has it: what is told to others must be durable. */
  metadata: Metadata | null
  /** The open Baileys socket; set and cleared by the socket's effect. */
  socket: WhatsAppSocket | null = null
  /** Dedupe keys of messages on their way into the log. */
  readonly arriving = new Set<string>()

  readonly #deps: SessionActorDeps
  readonly #restored: boolean
  readonly #stream: Stream
  readonly #effects: EffectChain
  readonly #recorder: FactRecorder
  readonly #waiters: Waiters
  readonly #runner: MachineRunner
  #snapshot: Snapshot
  #announced: EstadoQr | null
  #ended = false
  #stopping = false
  #deletion: 'no' | 'begun' | 'done' = 'no'

  constructor(deps: SessionActorDeps, origin: SessionOrigin) {
    this.#deps = deps
    const { sessionId, userId, phoneNumber, metadata = null, last } = origin
    this.sessionId = sessionId
    this.userId = userId
    this.metadata = metadata
    this.#restored = last !== undefined
    this.#announced = last?.announced ?? null
    this.#waiters = new Waiters(deps.clock)
    this.#stream = new Stream(deps.store, { ...origin, seq: last?.seq ?? 0 }, this.#failed)
    this.#effects = new EffectChain(this.#stream, error => deps.onCrash(this, error), this.#failed)
    this.#recorder = new FactRecorder(deps.machine, this.#stream, {
      ...deps,
      takesFacts: () => this.#takesFacts,
      record: recorded => this.#record(recorded),
    })
    this.#runner = new MachineRunner(
      this.#recorder.logic,
      { sessionId, userId, at: deps.clock.now(), phoneNumber },
      last ?? null,
      { clock: deps.clock, onError: error => deps.onCrash(this, error) },
    )
    this.#snapshot = this.#runner.snapshot
  }

  /** Begins to live: a new session records `session.created`, a restored one goes on with `resumed`. */
  start(resumed: SessionFact = { type: 'session.resumed' }): void {
    if (!this.#restored) {
      this.#recorder.ticket = { seq: ++this.#stream.seq, aborted: false }
      this.#record({ fact: creationOf(this.context), next: this.#snapshot, erasesKeys: false })
    }
    this.#runner.start()
    if (this.#restored) this.tell(resumed)
  }

  /** Dotted, after the last applied fact; the log may not hold it yet. */
  get state(): string {
    return dottedState(this.#snapshot.value)
  }

  get context(): SessionContext {
    return this.#snapshot.context
  }

  hasTag(tag: SessionTag): boolean {
    return this.#snapshot.hasTag(tag)
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
  get deletion(): 'no' | 'begun' | 'done' {
    return this.#deletion
  }

  get #takesFacts(): boolean {
    return !this.#ended && this.#deletion === 'no'
  }

  /** The seq of the fact that offered the QR or the code of this name; of the newest one, if that is another. */
  seqOfOffer(hash: string): number {
    return this.#recorder.seqOfOffer(hash) ?? this.seq
  }

  /** Whether the machine has a use for this fact now. */
  can(fact: SessionFact | { type: 'message.queued' }): boolean {
    return this.#takesFacts && this.#snapshot.can({ ...fact, at: this.#deps.clock.now() } as SessionEvent)
  }

  /** Applies a fact; false if the machine had no use for it, or threw at it. */
  tell(fact: SessionFact): boolean {
    if (!this.#takesFacts || this.#stopping) return false
    return this.#recorder.takes(fact, () => this.#runner.send(fact))
  }

  /** The same for who must answer for it: resolves once the fact is durable, rejects if the store failed. */
  async post(fact: SessionFact): Promise<boolean> {
    const accepted = this.tell(fact)
    if (accepted) await this.durable()
    return accepted
  }

  /**
   * Appends facts that never enter the machine, together with what else must change in the same commit.
   * `changes` gets the seq of the first fact. Resolves once durable; rejects with GatewayError.
   */
  append(facts: LoggedFact[], changes: (firstSeq: number) => Changes): Promise<void> {
    if (!this.#takesFacts) return Promise.reject(notRunning())
    const first = this.seq + 1
    const at = this.#deps.clock.now()
    const events = loggedRows(facts, first, at)
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
    this.#recorder.erasesKeys = now
    this.effect(() => this.change({ erase: 'keys' }))
  }

  /** Leaves one tombstone row and ends the actor: the session id is free again. */
  async delete(): Promise<void> {
    if (!this.#takesFacts) return
    this.#deletion = 'begun'
    const tombstone = tombstoneRow(++this.#stream.seq, this.#deps.clock.now())
    await this.#commit({ events: [tombstone], erase: 'stream' })
    this.#deletion = 'done'
    this.#end()
  }

  /** Runs once the fact that caused it is durable, one effect after the other. */
  effect(run: () => unknown): void {
    const { ticket } = this.#recorder
    // XState stops children after the transition: what they clear up goes first.
    queueMicrotask(() => this.#effects.run(ticket, run))
  }

  /** The same, beside other effects. */
  runConcurrently(run: () => unknown): void {
    this.#effects.runConcurrently(this.#recorder.ticket, run)
  }

  /** Clears up in order with the effects, durable or not. */
  cleanUp(run: () => unknown): void {
    this.#effects.cleanUp(run)
  }

  /** Runs a callback of the outside; what it throws is this session's crash, or the store's failure, and nobody else's. */
  guard(run: () => unknown): Promise<void> {
    return this.#effects.guard(run)
  }

  /** Registers what a child must do when it stops, or when the actor dies without stopping it; it runs once. */
  onChildStop(run: () => void): () => void {
    return this.#runner.children.add(run)
  }

  /** Tells of the XState actor that runs this session, now and after each crash; null ends that. */
  watchRoot(began: ((root: AnyActorRef) => void) | null): void {
    this.#runner.watch(began)
  }

  /** Resolves once everything applied so far is in the log. */
  readonly durable = (): Promise<void> => this.#stream.durable()

  /** Resolves with true once `done()` holds, with false at `deadline` (ms since the epoch). */
  until(done: () => boolean, deadline: number): Promise<boolean> {
    return this.#waiters.until(done, deadline)
  }

  /** After a crash: the last good state goes on in a fresh actor, with `fact` as the next one. */
  revive(fact: SessionFact): void {
    if (this.#ended || this.#stopping) return
    this.#runner.replace(this.state, this.context)
    this.tell(fact)
  }

  /** Stops without a trace in the log: sockets end, the link stays. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#runner.stop()
    await Promise.resolve()
    await this.#effects.idle()
    await this.#stream.idle()
    if (!this.#ended) this.#end()
  }

  readonly #failed = (failure: GatewayError): void => {
    if (this.#ended) return
    this.#end()
    this.#deps.onStoreFailure(this, failure)
  }

  #end(): void {
    this.#ended = true
    this.#runner.stop()
    this.#waiters.recheck()
    this.#deps.onEnded(this)
  }

  #record({ fact, next, erasesKeys }: Recorded): void {
    const before = fact.type === 'session.created' ? null : { state: this.state, context: this.context }
    this.#snapshot = next
    const { state, context, seq, streamId, metadata } = this
    const { tellLaravel, tellPasskeys, logger } = this.#deps
    const write = lifecycleWrite(
      { streamId, seq, fact, state, context, metadata },
      { before, announced: this.#announced, erasesKeys, tellLaravel, tellPasskeys },
    )
    this.#announced = write.announced ?? this.#announced
    this.#commit(write).then(
      () => {
        this.#deps.onCommitted(this.sessionId, state, context)
        logNews(logger, this.sessionId, fact)
        logStateChange(logger, before?.state ?? null, state, context, fact.at)
        this.#waiters.recheck()
      },
      () => {},
    )
  }

  async #commit(write: StreamWrite): Promise<void> {
    await this.#stream.commit(write)
    if (write.lastActivity !== undefined) this.#deps.onActivity(this.sessionId, write.lastActivity)
    for (const { lane } of write.deliveries ?? []) this.#deps.onDelivery(lane)
  }
}
