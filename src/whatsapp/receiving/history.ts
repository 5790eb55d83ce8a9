import type { WAMessage } from '@whiskeysockets/baileys'
import { namesIn } from '../../messages/received.ts'
import type { ReceivedMessage } from '../../ports/whatsapp.ts'
import type { HistoryKind } from '../baileys-settings.ts'
import { type TranslationContext, toReceivedMessage } from './to-received-message.ts'

/** Messages in one commit. */
const BATCH = 200

/**
 * The messages of a history since `since` (ms) in batches, oldest first; each is translated when it is asked for. Of `ids` what names
 * a message is left, without words, files and secrets. `leftOut` gets why one of them cannot be translated: the others of a chunk that
 * comes only once are worth more.
 */
export async function* historyBatches(
  all: WAMessage[],
  context: TranslationContext,
  { kind, since, leftOut }: { kind: HistoryKind; since: number; leftOut(error: unknown): void },
): AsyncGenerator<ReceivedMessage[], void> {
  if (kind === 'none') return
  // A phone lists the newest first.
  const messages = all.filter(({ messageTimestamp }) => !(Number(messageTimestamp) * 1000 < since)).reverse()
  messages.sort((a, b) => Number(a.messageTimestamp) - Number(b.messageTimestamp))
  // Nobody is told of history: what its groups are called need not be asked.
  const ofHistory = { ...context, inboundFromMe: true, inboundRaw: 'none' as const, subjectOf: () => null }
  for (let from = 0; from < messages.length; from += BATCH) {
    const batch: ReceivedMessage[] = []
    for (const message of messages.slice(from, from + BATCH)) {
      try {
        const translated = await toReceivedMessage(message, false, ofHistory)
        if ('ignored' in translated) continue
        const imported = { ...translated, inboxHash: null, imported: true as const }
        batch.push(kind === 'full' ? imported : idsOf(imported))
      } catch (error) {
        leftOut(error)
      }
    }
    if (batch.length > 0) yield batch
  }
}

function idsOf({ secret: _, media: __, ...rest }: ReceivedMessage): ReceivedMessage {
  return { ...rest, message: namesIn(rest.message) }
}
