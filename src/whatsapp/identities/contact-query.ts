import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  getBinaryNodeChildString,
  S_WHATSAPP_NET,
} from '@whiskeysockets/baileys'
import { accountJid, digitsOf, lidOf } from '../jid.ts'

/** What WhatsApp said of a number that it was asked for. */
export interface ContactAnswer {
  exists: boolean
  lid: string | null
  /** The number as WhatsApp spells it, a full jid. */
  number: string | null
  username: string | null
}

const node = (tag: string, attrs: BinaryNode['attrs'] = {}, content?: BinaryNode['content']): BinaryNode =>
  content === undefined ? { tag, attrs } : { tag, attrs, content }

/** Asks who has a number (digits), as WhatsApp's clients do since 13 Jul 2026 (`IsOnWhatsApp` in whatsmeow): the answer is by LID. */
export function contactQuery(phone: string, sid: string): BinaryNode {
  const query = node('query', {}, [
    node('contact', { addressing_mode: 'lid' }),
    node('business', {}, [node('verified_name')]),
    node('disappearing_mode'),
    node('username'),
  ])
  const list = node('list', {}, [node('user', {}, [node('contact', {}, `+${phone}`)])])
  const usync = { context: 'interactive', mode: 'query', sid, last: 'true', index: '0' }
  return node('iq', { to: S_WHATSAPP_NET, type: 'get', xmlns: 'usync' }, [
    node('usync', usync, [query, list]),
  ])
}

/**
 * What the answer says of the number, found by the text in `<contact>`, which is that of the question: the number of the account may be
 * another. Null when the answer does not say.
 */
export function contactIn(answer: BinaryNode | undefined, phone: string): ContactAnswer | null {
  const list = getBinaryNodeChild(getBinaryNodeChild(answer, 'usync'), 'list')
  const users = getBinaryNodeChildren(list, 'user')
  const wordsOf = (user: BinaryNode) => getBinaryNodeChildString(user, 'contact') ?? ''
  const asked = users.find(user => digitsIn(wordsOf(user)) === phone)
  const user = asked ?? (users.length === 1 && wordsOf(users[0]!) === '' ? users[0] : undefined)
  const contact = getBinaryNodeChild(user, 'contact')
  if (!user || !contact?.attrs.type || getBinaryNodeChild(contact, 'error')) return null
  const { jid, pn_jid } = user.attrs
  const number = [pn_jid, jid].find(name => digitsOf(name) !== null)
  return {
    exists: contact.attrs.type === 'in',
    lid: lidOf(jid) ?? lidOf(getBinaryNodeChild(user, 'lid')?.attrs.val),
    number: accountJid(number),
    username: getBinaryNodeChildString(user, 'username') || null,
  }
}

const digitsIn = (text: string) => text.replace(/@.*/, '').replace(/\D/g, '')
