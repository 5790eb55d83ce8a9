import type { CacheStore, WAMessage, WASocket } from '@whiskeysockets/baileys'
import type { InboxRow } from '../../ports/key-store.ts'
import { summaryOf } from '../error-summary.ts'
import { isWithoutContent, rebuildMessage } from '../keys/inbox-rows.ts'
import { type TranslationContext, toReceivedMessage } from './to-received-message.ts'

/** Baileys' own limit: the phone is not asked for what is older. */
const MAX_AGE_MS = 14 * 24 * 60 * 60 * 1000

/**
 * Messages of which WhatsApp had only a placeholder (`<unavailable>`), until our phone sends them. Baileys acknowledges a
 * placeholder and asks the phone 2 s later, once: the inbox row keeps the question alive through crashes and disconnects.
 */
export class MissingMessages {
  readonly #byDedupeKey = new Map<string, { hash: string; message: WAMessage }>()

  /** Whether the row is a placeholder whose message is still to come; then it is missing from now on. */
  async isMissing(
    row: InboxRow,
    context: TranslationContext,
    isKnown: (dedupeKey: string) => Promise<boolean>,
  ): Promise<boolean> {
    if (!isWithoutContent(row)) return false
    const { message, offline } = rebuildMessage(row, context.me)
    if (message.key.isViewOnce || context.now() - Number(message.messageTimestamp) * 1000 > MAX_AGE_MS) {
      return false
    }
    const nothing = { ...message, message: { conversation: '' } }
    const translated = await toReceivedMessage(nothing, offline, context)
    if ('ignored' in translated || (await isKnown(translated.dedupeKey))) return false
    this.#byDedupeKey.set(translated.dedupeKey, { hash: row.hash, message })
    return true
  }

  /** A message has come. Returns the hash of the row that waited for it, or null. */
  arrived(dedupeKey: string): string | null {
    const missing = this.#byDedupeKey.get(dedupeKey)
    this.#byDedupeKey.delete(dedupeKey)
    return missing?.hash ?? null
  }

  /** What is still to come, oldest first. */
  all(): WAMessage[] {
    return [...this.#byDedupeKey.values()].map(({ message }) => message)
  }
}

/** Asks our phone for missing messages. Baileys asks for those of its own placeholders; these are of earlier sockets. */
export function requestFromPhone(
  missing: WAMessage[],
  socket: Pick<WASocket, 'requestPlaceholderResend'>,
  alreadyAsked: Pick<CacheStore, 'del'>,
  warn: (fields: object, sentence: string) => void,
): void {
  for (const message of missing) {
    void alreadyAsked.del(message.key.id ?? '')
    const { remoteJid, fromMe, id, participant } = message.key
    const key = { remoteJid, fromMe, id, ...(participant && { participant }) }
    socket.requestPlaceholderResend(key, message).catch((error: unknown) => {
      warn(summaryOf(error), 'a message could not be asked for; it is asked for again at the next connection')
    })
  }
}
