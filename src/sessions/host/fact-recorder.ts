import type { SnapshotFrom } from 'xstate'
import type { SessionEvent, SessionFact } from '../../../machines/facts.ts'
import type { sessionMachine } from '../../../machines/session.machine.ts'
import type { Clock } from '../../base/clock.ts'
import type { Ticket } from './effect-chain.ts'
import { isChildError } from './lifecycle-write.ts'
import type { Stream } from './stream.ts'

export type Machine = typeof sessionMachine
export type Snapshot = SnapshotFrom<Machine>

/** A fact that the machine took, with what it made of it. */
export interface Recorded {
  fact: SessionEvent
  next: Snapshot
  /** An action of this transition erases the keys in the same commit. */
  erasesKeys: boolean
}

export interface FactDeps {
  clock: Clock
  /** The machine had no use for an event of this type. */
  onRefused?(type: string): void
}

/**
 * Stands around the session machine: every accepted event is copied, stamped, numbered and recorded, in the order of application
 * (XState calls `transition` once per event). One that the machine has no use for leaves nothing.
 */
export class FactRecorder {
  /** The machine, recording. */
  readonly logic: Machine
  /** What an effect of the transition that runs, or ran last, waits for. */
  ticket: Ticket
  /** Set by an action of the transition that runs. */
  erasesKeys = false
  /** The newest QR or code that WhatsApp offered, by its name in facts. */
  #offer: { hash: string; seq: number } | null = null
  /** Events that the machine took; one that threw is none of them. */
  readonly #applied = new WeakSet<object>()

  constructor(
    machine: Machine,
    stream: Stream,
    deps: FactDeps & { takesFacts: () => boolean; record: (recorded: Recorded) => void },
  ) {
    this.ticket = { seq: stream.seq, aborted: false }
    this.logic = Object.create(machine) as Machine
    this.logic.transition = (snapshot, event, scope) => {
      const { type } = event as { type: string }
      if (type === 'xstate.init' || type === 'xstate.stop') return machine.transition(snapshot, event, scope)
      if (!deps.takesFacts()) return snapshot
      // XState shares one timer-event object between actors: never write into it.
      const fact = Object.freeze({ ...event, at: deps.clock.now() }) as SessionEvent
      if (!isChildError(type) && !snapshot.can(fact)) {
        deps.onRefused?.(type)
        return snapshot
      }
      const ticket = { seq: stream.seq + 1, aborted: false }
      this.ticket = ticket
      this.erasesKeys = false
      try {
        const next = machine.transition(snapshot, fact, scope)
        stream.seq = ticket.seq
        deps.record({ fact, next, erasesKeys: this.erasesKeys })
        this.#applied.add(event)
        if (fact.type === 'socket.qr') this.#offer = { hash: fact.hash, seq: ticket.seq }
        return next
      } catch (error) {
        ticket.aborted = true
        throw error
      }
    }
  }

  /** The seq of the fact that offered the QR or code of this name; null if another has come. */
  seqOfOffer(hash: string): number | null {
    return this.#offer?.hash === hash ? this.#offer.seq : null
  }

  /** Runs `send` and tells whether the machine took the fact: false if it had no use for it, or threw at it. */
  takes(fact: SessionFact, send: () => void): boolean {
    this.#applied.delete(fact)
    send()
    return this.#applied.has(fact)
  }
}
