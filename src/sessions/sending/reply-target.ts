import { GatewayError } from '../../base/errors.ts'
import type { SendContent } from '../../messages/send.ts'
import type { Store } from '../../ports/store.ts'

export const inGroup = (jid: string) => jid.endsWith('@g.us')

/** What has words that can be changed. */
const EDITABLE = new Set(['text', 'image', 'video', 'gif', 'document'])

/**
 * Checks the message that a send refers to: this session must know it, in a chat of the same kind, and only an own message can be
 * edited or, outside of groups, deleted. Rejects with VALIDATION_FAILED.
 */
export async function checkReplyTarget(
  content: SendContent,
  messages: Store['messages'],
  streamId: string,
): Promise<void> {
  const { type, reply_to: id } = content
  if (id === null) return
  const row = await messages.find(streamId, id)
  if (row === null) throw refuse('names no message of this session')
  // One person has two addresses: only groups can be told apart here.
  const elsewhere = inGroup(row.chatId) || inGroup(content.to) ? row.chatId !== content.to : false
  if (elsewhere) throw refuse('names a message of another chat')
  const own = row.direction === 'out' || ('from_me' in row.content && row.content.from_me)
  const ofAnother = !own && (type === 'edit' || (type === 'delete' && !inGroup(row.chatId)))
  if (ofAnother) throw refuse('must name a message of your own')
  if (type === 'edit' && !EDITABLE.has(row.content.type))
    throw refuse('must name a text, or an image, video or document with words under it')
}

function refuse(why: string): GatewayError {
  return new GatewayError('VALIDATION_FAILED', `reply_to ${why}`, { errors: { reply_to: [why] } })
}
