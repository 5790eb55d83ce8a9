import { restLength } from '../../../machines/session.rests.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Problem } from '../../base/problem.ts'
import type { SocketFact } from '../../ports/whatsapp.ts'

/** What WhatsApp says to a client whose version it does not take. */
export type Refusal = Extract<SocketFact, { type: 'socket.closed' }>

/** Somebody who wants to connect; told apart by identity. */
export interface Connecting {
  sessionId: string
  /** What WhatsApp said to it last, if that was that it does not take the version; perhaps to an earlier process. */
  wasRefused(): Refusal | null
}

export interface VersionBreakerDeps {
  clock: Clock
  logger: Logger
  /** WhatsApp takes the version again: who was refused because of it may connect. */
  onAccepted(): void
}

/**
 * The version of the client is one for the whole process: when WhatsApp refuses it (405), every login would fail. So nobody connects
 * then but one at a time, after 15 min, 30 min and then hourly; the others wait for what that one hears, or hear what it heard.
 */
export class VersionBreaker {
  readonly #deps: VersionBreakerDeps
  #refusal: { fact: Refusal; tries: number; dueAt: number } | null = null
  #canary: Connecting | null = null
  /** WhatsApp let somebody in since this process began, and refused nobody after. */
  #isProved = false
  readonly #waiting = new Set<() => void>()

  constructor(deps: VersionBreakerDeps) {
    this.#deps = deps
  }

  /**
   * Resolves with null once this one may connect, or with what WhatsApp says to all. Waits while another one tries; `onQueued` is
   * called then, once or more. Resolves with null when `signal` aborts.
   */
  async admit(one: Connecting, signal: AbortSignal, onQueued: () => void): Promise<Refusal | null> {
    const before = this.#refusal === null && !this.#isProved ? one.wasRefused() : null
    if (before !== null) this.#refusal = { fact: before, tries: 0, dueAt: this.#deps.clock.now() }
    while (!signal.aborted && !this.admits(one)) {
      if (this.#canary === null) {
        if (this.#deps.clock.now() < this.#refusal!.dueAt) return this.#refusal!.fact
        this.#canary = one
      } else {
        onQueued()
        await this.#outcome(signal)
      }
    }
    return null
  }

  /** Whether this one may connect now: nobody is held back, or it is the one that tries. */
  admits(one: Connecting): boolean {
    return this.#refusal === null || this.#canary === one
  }

  /** What WhatsApp said to one that connects. */
  heard(one: Connecting, fact: SocketFact): void {
    if (fact.type === 'socket.closed' && fact.reaction === 'versionRefused') this.#refused(one, fact)
    else if (fact.type === 'socket.opened' || fact.type === 'socket.qr') this.#accepted(one)
    else if (fact.type === 'socket.closed') this.left(one)
  }

  /** This one does not try any more: somebody else may. */
  left(one: Connecting): void {
    if (this.#canary !== one) return
    this.#canary = null
    this.#wake()
  }

  /** What is wrong and what mends it, for /health/ready; null while nobody is held back. */
  problem(): Problem | null {
    if (this.#refusal === null) return null
    const next = new Date(this.#refusal.dueAt).toISOString()
    const message = `WhatsApp refuses the version of this client (405), so no session can connect: set WHATSAPP_VERSION to the one that WhatsApp Web has today and restart; every session comes back then without a new QR. One tries again by itself, next at ${next}.`
    return { code: 'CLIENT_OUTDATED', message, said: [{ says: 'refused', values: { next } }] }
  }

  #refused(one: Connecting, fact: Refusal): void {
    const { clock, logger } = this.#deps
    const { tries } = this.#refusal ?? { tries: 0 }
    // Those that were on their way when the first was refused only say the same again.
    if (this.#refusal !== null && this.#canary !== one) return
    this.#refusal = { fact, tries: tries + 1, dueAt: clock.now() + restLength(tries + 1) }
    this.#isProved = false
    logger.error({ session_id: one.sessionId, code: fact.code }, this.problem()!.message)
    this.left(one)
    this.#wake()
  }

  #accepted(one: Connecting): void {
    if (this.#refusal === null) this.#isProved = true
    if (this.#canary !== one) return
    this.#refusal = null
    this.#isProved = true
    this.#deps.logger.info(
      { session_id: one.sessionId },
      'WhatsApp takes the version of this client: every session connects again',
    )
    this.left(one)
    this.#deps.onAccepted()
  }

  #outcome(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done()
  }
}
