import type { Person } from '../../messages/person.ts'
import type { ReceivedContent } from '../../messages/received.ts'
import type { SendContent } from '../../messages/send.ts'
import type { OriginalMessage } from '../../ports/message-table.ts'
import { accountJid, isGroup } from '../jid.ts'

/** What opening must know of the session. */
export interface OpeningContext {
  me: { id: string; lid: string | null }
  /** Messages under an id, with their secrets: stored ones, and those that are being stored. */
  originals(messageId: string): OriginalMessage[]
  /** Who has a name (a full jid), as far as more is known than that. */
  personOf(name: string): Person | null
  now(): number
}

type Content = ReceivedContent | SendContent

/** All names of one account: bare jids. */
export function namesOf(
  jids: (string | null | undefined)[],
  { personOf }: Pick<OpeningContext, 'personOf'>,
): string[] {
  const names = jids.map(accountJid).filter(jid => jid !== null)
  return [...new Set(names.flatMap(name => [name, ...(personOf(name)?.names ?? [])]))]
}

/** The names of who wrote a message. */
export function authorsOf(content: Content, context: OpeningContext): string[] {
  if ('to' in content || content.from_me) return namesOf([context.me.lid, context.me.id], context)
  const { from, from_lid, participant, chat_id } = content
  return namesOf([from_lid, from && `${from}@s.whatsapp.net`, participant ?? chat_id], context)
}

/** Whether a message stands in a chat, which has these names. */
export function isInChat(content: Content, chat: string[], context: OpeningContext): boolean {
  const jid = 'to' in content ? content.to : content.chat_id
  const names = isGroup(jid) ? [jid] : namesOf([jid], context)
  return names.some(name => chat.includes(name))
}

/** When WhatsApp got it, in ms; null for what was sent from here, whose row says when it was queued. */
export const writtenAt = (content: Content): number | null =>
  'to' in content ? null : Date.parse(content.timestamp)
