import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account } from '../accounts/account.ts'
import { stanza } from '../protocol/stanza.ts'

/**
 * `<user>` in the answer to `<contact addressing_mode="lid"/>`, as WhatsApp's clients ask since 13 Jul 2026: the LID as jid, beside it
 * the number as WhatsApp has it, which may not be the one that was asked for; that one stands in `<contact>`, as it was asked. Who is
 * not there has no jid, and who hides the number has only that. As `IsOnWhatsApp` in whatsmeow reads it.
 */
export function answerContact(
  account: Account | undefined,
  asked: BinaryNode,
  phone: string,
  protocols: BinaryNode[],
): BinaryNode {
  const contact = (type: 'in' | 'out') => stanza('contact', { type }, asked.content)
  if (!account) return stanza('user', { pn_jid: `${phone}@s.whatsapp.net` }, [contact('out')])
  const answers = protocols.flatMap(({ tag }) => {
    if (tag === 'contact') return contact('in')
    if (tag === 'disappearing_mode') return stanza(tag, { duration: 0, t: 0 })
    if (tag === 'username' && account.username) return stanza(tag, {}, account.username)
    return []
  })
  const pn_jid = account.hidesNumber ? undefined : account.jid
  return stanza('user', { jid: account.lidJid, pn_jid }, answers)
}
