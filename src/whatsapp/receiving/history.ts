import type { WAMessage } from '@whiskeysockets/baileys'
import type { ReceivedMessage } from '../../ports/whatsapp.ts'
import { type TranslationContext, toReceivedMessage } from './to-received-message.ts'

/** Messages in one commit. */
const BATCH = 200

/**
 * The messages of a history in batches, oldest first; each is translated when it is asked for. `leftOut` gets why one of them cannot
 * be: the others of a chunk that comes only once are worth more. Sorts `messages`.
 */
export function* historyBatches(
  messages: WAMessage[],
  context: TranslationContext,
  leftOut: (error: unknown) => void,
): Generator<ReceivedMessage[], void> {
  // A phone lists the newest first.
  messages.reverse().sort((a, b) => Number(a.messageTimestamp) - Number(b.messageTimestamp))
  // Nobody is told of history: what its groups are called need not be asked.
  const ofHistory = { ...context, inboundFromMe: true, inboundRaw: 'none' as const, subjectOf: () => null }
  for (let from = 0; from < messages.length; from += BATCH) {
    const batch = messages.slice(from, from + BATCH).flatMap((message): ReceivedMessage[] => {
      try {
        const translated = toReceivedMessage(message, false, ofHistory)
        return 'ignored' in translated ? [] : [{ ...translated, inboxHash: null, imported: true }]
      } catch (error) {
        leftOut(error)
        return []
      }
    })
    if (batch.length > 0) yield batch
  }
}
