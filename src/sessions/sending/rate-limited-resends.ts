import type { SendUpdate } from '../../ports/whatsapp.ts'

export type Refusal = Extract<SendUpdate, { status: 'failed' }>

/** WhatsApp's codes for an account that sends too much, and for one that may not write to anybody new for now. */
export const TOO_FAST = '429'
export const NO_NEW_CHATS = '463'

/** Sends that WhatsApp refused only for their pace, until they are through: they go out again under the same id. */
export class Refusals<Send extends { messageId: string; chatId: string }> {
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
  of(messageId: string): Refusal | null {
    return this.#refused.get(messageId)?.refusal ?? null
  }

  forget(messageId: string): void {
    this.#refused.delete(messageId)
  }
}
