import type { GroupMetadata } from '@whiskeysockets/baileys'
import type { SendContent } from '../../messages/send.ts'

type Words = Extract<SendContent, { body: string }>

/**
 * Mentions under the names that a group knows its members by: one that names them by LID shows nobody who is mentioned by number, nor
 * the other way round. The words name them as WhatsApp's clients do, by `@` and the same digits.
 */
export async function withNames(
  content: SendContent,
  group: GroupMetadata | undefined,
  namesOf: (jid: string) => Promise<string[]>,
): Promise<SendContent> {
  if (!content.mentions || !group) return content
  const server = group.addressingMode === 'lid' ? '@lid' : '@s.whatsapp.net'
  const known = new Map<string, string>()
  for (const { id, lid, phoneNumber } of group.participants)
    for (const name of [id, lid, phoneNumber]) if (name) known.set(name, id)
  const renamed = await Promise.all(
    content.mentions.map(async jid => ({
      from: jid,
      to: known.get(jid) ?? (await namesOf(jid)).find(name => name.endsWith(server)) ?? jid,
    })),
  )
  const words = (text: string) =>
    renamed.reduce((said, { from, to }) => said.replaceAll(mentionOf(from), `@${userOf(to)}`), text)
  return {
    ...content,
    mentions: renamed.map(({ to }) => to),
    ...('body' in content && { body: words((content as Words).body) }),
    ...('caption' in content && content.caption !== null && { caption: words(content.caption) }),
  }
}

const userOf = (jid: string) => jid.slice(0, jid.indexOf('@'))
/** With or without a plus, and no other digits behind it. */
const mentionOf = (jid: string) => new RegExp(`@\\+?${userOf(jid).replace(/\D/g, '')}(?!\\d)`, 'g')
