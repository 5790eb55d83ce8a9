import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account } from '../accounts/account.ts'
import type { AccountTable } from '../accounts/account-table.ts'
import { child, children, result, stanza } from '../protocol/stanza.ts'

/**
 * Answers a usync query: devices, LID and contact, for users named by jid or by phone number. Unknown jids are left out unless
 * `contact` is asked.
 */
export function answerUsync(accounts: AccountTable, request: BinaryNode): BinaryNode {
  const usync = child(request, 'usync')
  const protocols = children(child(usync, 'query')).map(protocol => protocol.tag)
  const users = children(child(usync, 'list')).flatMap(user => answerUser(accounts, user, protocols) ?? [])
  return result(request, stanza('usync', usync?.attrs, [stanza('result'), stanza('list', {}, users)]))
}

function answerUser(accounts: AccountTable, user: BinaryNode, protocols: string[]): BinaryNode | undefined {
  const phone = phoneOf(child(user, 'contact'))
  const account = phone ? accounts.get(phone) : accounts.resolve(user.attrs.jid)?.account
  const jid = user.attrs.jid ?? `${phone}@s.whatsapp.net`
  if (!account) {
    const asked = phone !== undefined || protocols.includes('contact')
    return asked ? stanza('user', { jid }, [stanza('contact', { type: 'out' })]) : undefined
  }
  const answers: BinaryNode[] = []
  for (const protocol of protocols) {
    if (protocol === 'devices') answers.push(devicesOf(account))
    // A query by LID gets no LID back: Baileys would store it as a mapping from one LID to another.
    if (protocol === 'lid' && !jid.endsWith('@lid')) answers.push(stanza('lid', { val: account.lidJid }))
    if (protocol === 'contact') answers.push(stanza('contact', { type: 'in' }))
    if (protocol === 'status') answers.push(stanza('status', { t: 0 }))
    if (protocol === 'disappearing_mode') answers.push(stanza('disappearing_mode', { duration: 0, t: 0 }))
  }
  return stanza('user', { jid }, answers)
}

function devicesOf(account: Account): BinaryNode {
  const devices = [stanza('device', { id: 0 })]
  for (const id of account.devices.keys()) devices.push(stanza('device', { id, 'key-index': id }))
  return stanza('devices', {}, [stanza('device-list', {}, devices)])
}

function phoneOf(contact: BinaryNode | undefined): string | undefined {
  const content = contact?.content
  if (content === undefined || Array.isArray(content)) return undefined
  return content.toString().replace(/\D/g, '') || undefined
}
