import type { SendUpdate } from '../../ports/whatsapp.ts'
import { partsOf } from './send-results.ts'

export type Refusal = Extract<SendUpdate, { status: 'failed' }>

/** WhatsApp's code for an account that sends too much. */
export const TOO_FAST = '429'

/** What WhatsApp said of sends that it refused only for their pace, until they leave again under the same id. */
export class Refusals {
  readonly #refused = new Map<string, Refusal>()

  add(refusal: Refusal): void {
    this.#refused.set(refusal.messageId, refusal)
  }

  /** As a row tells of it (`failureOf`). */
  restore(messageId: string, failure: string): void {
    if (!this.#refused.has(messageId)) this.add({ messageId, status: 'failed', at: 0, ...partsOf(failure) })
  }

  /** Null if no refusal stands. */
  of(messageId: string): Refusal | null {
    return this.#refused.get(messageId) ?? null
  }

  /** It has left again, or is not to leave any more. */
  forget(messageId: string): void {
    this.#refused.delete(messageId)
  }
}
