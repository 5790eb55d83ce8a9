import type { SendUpdate } from '../../ports/whatsapp.ts'
import type { Send } from './send.ts'

export type Refusal = Extract<SendUpdate, { status: 'failed' }>

/** WhatsApp's code for an account that sends too much. */
export const TOO_FAST = '429'

/** Sends that WhatsApp refused only for their pace, until they are through: they go out again under the same id. */
export class RateLimitedResends {
  readonly #refused = new Map<string, { send: Send; seq: number; refusal: Refusal; due: boolean }>()

  /** `seq` is that of its row. */
  add(send: Send, seq: number, refusal: Refusal): void {
    this.#refused.set(send.messageId, { send, seq, refusal, due: true })
  }

  /** The oldest send of a chat that is to leave again. */
  nextIn(chatId: string): Send | null {
    let oldest: { send: Send; seq: number } | null = null
    for (const one of this.#refused.values())
      if (one.due && one.send.chatId === chatId && (oldest === null || one.seq < oldest.seq)) oldest = one
    return oldest?.send ?? null
  }

  isDue(messageId: string): boolean {
    return this.#refused.get(messageId)?.due === true
  }

  /** It leaves again. */
  leaves(messageId: string): void {
    const known = this.#refused.get(messageId)
    if (known) known.due = false
  }

  /** What WhatsApp said of it last; null if it never refused it. */
  refusalOf(messageId: string): Refusal | null {
    return this.#refused.get(messageId)?.refusal ?? null
  }

  forget(messageId: string): void {
    this.#refused.delete(messageId)
  }
}
