import { type AnyActorRef, createActor } from 'xstate'
import type { SessionFact } from '../../../machines/facts.ts'
import type { SessionContext, SessionInput } from '../../../machines/session.context.ts'
import { stateValue } from '../../../machines/session.state.ts'
import type { Clock } from '../../base/clock.ts'
import { ChildStops } from './child-stops.ts'
import type { Machine, Snapshot } from './fact-recorder.ts'

/** Runs one machine as an XState actor: from its beginning or from a stored state, and anew after a crash. */
export class MachineRunner {
  /** What children must do when they stop. */
  readonly children = new ChildStops()
  readonly #logic: Machine
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  #actor: AnyActorRef
  #began: ((root: AnyActorRef) => void) | null = null

  /** `at`: the stored state (dotted) and context to go on from; null for the beginning. */
  constructor(
    logic: Machine,
    input: SessionInput,
    at: { state: string; context: SessionContext } | null,
    { clock, onError }: { clock: Clock; onError: (error: unknown) => void },
  ) {
    this.#logic = logic
    this.#clock = clock
    this.#onError = onError
    this.#actor = at === null ? this.#create({ input }) : this.#restore(at)
  }

  get snapshot(): Snapshot {
    return this.#actor.getSnapshot() as Snapshot
  }

  start(): void {
    const actor = this.#actor
    actor.subscribe({
      error: error => {
        if (actor === this.#actor) this.#onError(error)
      },
    })
    actor.start()
  }

  send(fact: SessionFact): void {
    this.#actor.send(fact)
  }

  /** The actor and everything it started stop. */
  stop(): void {
    this.#actor.stop()
    this.children.runAll()
  }

  /** A fresh actor in the place of one that threw, at a state that was good. */
  replace(state: string, context: SessionContext): void {
    this.stop()
    this.#actor = this.#restore({ state, context })
    this.#began?.(this.#actor)
    this.start()
  }

  /** Tells of the XState actor that runs now, and of each that takes its place, before it starts; null ends that. */
  watch(began: ((root: AnyActorRef) => void) | null): void {
    this.#began = began
    began?.(this.#actor)
  }

  #restore({ state, context }: { state: string; context: SessionContext }): AnyActorRef {
    const resolved = this.#logic.resolveState({ value: stateValue(state) as never, context })
    const { sessionId, userId, createdAt: at } = context
    const snapshot = this.#logic.getPersistedSnapshot(resolved)
    return this.#create({ input: { sessionId, userId, at }, snapshot: snapshot as never })
  }

  #create(options: { input: SessionInput; snapshot?: never }): AnyActorRef {
    return createActor(this.#logic, { ...options, clock: this.#clock as never })
  }
}
