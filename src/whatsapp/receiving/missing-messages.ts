import type { WAMessage } from '@whiskeysockets/baileys'
import type { InboxRow } from '../../ports/key-store.ts'
import { isBare, rebuild } from '../keys/decrypt-once.ts'
import { type InboundContext, toInbound } from './to-received-message.ts'

/** Baileys' own limit: the phone is not asked for what is older. */
const MAX_AGE_MS = 14 * 24 * 60 * 60 * 1000

/**
 * Messages of which WhatsApp had only a placeholder, until our phone sends them. Baileys acknowledges a placeholder and asks the
 * phone 2 s later, once: the row keeps the question alive through crashes and disconnects.
 */
export class Placeholders {
  readonly #waiting = new Map<string, { hash: string; message: WAMessage }>()

  /** Whether the row is a placeholder whose message is still to come; then it is asked for. */
  waits(row: InboxRow, context: InboundContext, isKnown: (dedupeKey: string) => boolean): boolean {
    if (!isBare(row)) return false
    const { message, offline } = rebuild(row, context.me)
    if (message.key.isViewOnce || context.now() - Number(message.messageTimestamp) * 1000 > MAX_AGE_MS) {
      return false
    }
    const inbound = toInbound({ ...message, message: { conversation: '' } }, offline, context)
    if ('ignored' in inbound || isKnown(inbound.dedupeKey)) return false
    this.#waiting.set(inbound.dedupeKey, { hash: row.hash, message })
    return true
  }

  /** The hash of the row that waited for a message, or null. */
  came(dedupeKey: string): string | null {
    const waiting = this.#waiting.get(dedupeKey)
    this.#waiting.delete(dedupeKey)
    return waiting?.hash ?? null
  }

  /** What is still to come, oldest first. */
  all(): WAMessage[] {
    return [...this.#waiting.values()].map(({ message }) => message)
  }
}
