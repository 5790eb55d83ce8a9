import type { ReceivedContent } from '../../messages/received.ts'
import type { Reread } from '../../ports/whatsapp.ts'
import { UNSUPPORTED } from '../content/message-fields.ts'
import { contentOf } from '../keys/inbox-rows.ts'
import { contextInStore, type ReceiveDeps } from './inbox-messages.ts'
import { toReceivedMessage } from './to-received-message.ts'

/**
 * Reads a message again that an earlier version could not, from its encoding; null if this one cannot either. Who wrote it where and
 * when stays as it was told.
 */
export async function reread(
  deps: ReceiveDeps,
  streamId: string,
  stored: ReceivedContent,
  encoded: Uint8Array,
): Promise<Reread | null> {
  const context = await contextInStore(deps, streamId)
  if (context === null) return null
  const { message_id: id, chat_id: remoteJid, from_me: fromMe, participant } = stored
  try {
    const message = contentOf(encoded)
    const received = { key: { id, remoteJid, fromMe, ...(participant && { participant }) }, message }
    const all = { ...context, inboundFromMe: true, inboundIgnore: [] }
    const read = await toReceivedMessage(received, stored.offline, all)
    if ('ignored' in read || read.message.type === UNSUPPORTED) return null
    const { media } = read
    return { message: { ...read.message, ...envelopeOf(stored) }, ...(media && { media }) }
  } catch {
    return null
  }
}

/** What is known of a message without its content. */
const envelopeOf = (stored: ReceivedContent) => ({
  message_id: stored.message_id,
  from: stored.from,
  from_lid: stored.from_lid,
  from_me: stored.from_me,
  chat_id: stored.chat_id,
  participant: stored.participant,
  is_group: stored.is_group,
  subject: stored.subject,
  push_name: stored.push_name,
  ...(stored.username && { username: stored.username }),
  timestamp: stored.timestamp,
  offline: stored.offline,
})
