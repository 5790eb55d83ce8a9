import type { Person } from '../../messages/person.ts'
import type { ReceivedContent } from '../../messages/received.ts'
import type { SendContent } from '../../messages/send.ts'
import type { OriginalMessage } from '../../ports/message-table.ts'
import { accountJid, isGroup } from '../jid.ts'

/** What opening must know of the session. */
export interface OpeningContext {
  me: { id: string; lid: string | null }
  /** Messages under an id, with their secrets: stored ones, and those that are being stored. */
  originals(messageId: string): Promise<OriginalMessage[]>
  /** Who has a name (a full jid), as far as more is known than that. */
  personOf(name: string): Promise<Person | null>
  now(): number
}

type Content = ReceivedContent | SendContent

/** All names of one account: bare jids. */
export async function namesOf(
  jids: (string | null | undefined)[],
  { personOf }: Pick<OpeningContext, 'personOf'>,
): Promise<string[]> {
  const names = jids.map(accountJid).filter(jid => jid !== null)
  const all = await Promise.all(names.map(async name => [name, ...((await personOf(name))?.names ?? [])]))
  return [...new Set(all.flat())]
}

/** The names of who wrote a message. */
export async function authorsOf(content: Content, context: OpeningContext): Promise<string[]> {
  if ('to' in content || content.from_me) return namesOf([context.me.lid, context.me.id], context)
  const { from, from_lid, participant, chat_id } = content
  return namesOf([from_lid, from && `${from}@s.whatsapp.net`, participant ?? chat_id], context)
}

/** Whether a message stands in a chat, which has these names. */
export async function isInChat(content: Content, chat: string[], context: OpeningContext): Promise<boolean> {
  const jid = 'to' in content ? content.to : content.chat_id
  const names = isGroup(jid) ? [jid] : await namesOf([jid], context)
  return names.some(name => chat.includes(name))
}

/** When WhatsApp got it, in ms; null for what was sent from here, whose row says when it was queued. */
export const writtenAt = (content: Content): number | null =>
  'to' in content ? null : Date.parse(content.timestamp)
