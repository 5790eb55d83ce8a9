import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account } from '../accounts/account.ts'
import type { AccountTable } from '../accounts/account-table.ts'
import { child, children, result, stanza } from '../protocol/stanza.ts'
import { answerContact } from './contact-query.ts'

/**
 * Answers a usync query of `asker`: devices, LID and contact, for users named by jid or by phone number; null when a fault wants no
 * answer. Unknown jids are left out unless `contact` is asked. Nobody may rely on the order of the users: it is not that of the question.
 */
export function answerUsync(accounts: AccountTable, asker: Account, request: BinaryNode): BinaryNode | null {
  const usync = child(request, 'usync')
  const protocols = children(child(usync, 'query'))
  const byLid = protocols.some(({ tag, attrs }) => tag === 'contact' && attrs.addressing_mode === 'lid')
  const asked = children(child(usync, 'list'))
  const fault = asked.some(user => phoneOf(user)) ? asker.queryFaults.shift() : undefined
  if (fault === 'unanswered') return null
  if (typeof fault === 'object') return errorAnswer(request, fault.error)
  const answers = asked.flatMap(user => {
    const phone = phoneOf(user)
    const known = phone ? accounts.dialled(phone) : accounts.resolve(user.attrs.jid)?.account
    if (known) asker.staleLids.delete(known)
    if (phone && byLid) return answerContact(known, child(user, 'contact')!, phone, protocols)
    return (
      answerUser(
        known,
        user,
        phone,
        protocols.map(({ tag }) => tag),
      ) ?? []
    )
  })
  const users = fault === 'omitted' ? [] : answers.reverse()
  return result(request, stanza('usync', usync?.attrs, [stanza('result'), stanza('list', {}, users)]))
}

function answerUser(
  account: Account | undefined,
  user: BinaryNode,
  phone: string | undefined,
  protocols: string[],
): BinaryNode | undefined {
  const jid = user.attrs.jid ?? account?.jid ?? `${phone}@s.whatsapp.net`
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

function errorAnswer(request: BinaryNode, code: string): BinaryNode {
  const { attrs, ...rest } = result(request, stanza('error', { code, text: 'refused' }))
  return { ...rest, attrs: { ...attrs, type: 'error' } }
}

function phoneOf(user: BinaryNode): string | undefined {
  const content = child(user, 'contact')?.content
  if (content === undefined || Array.isArray(content)) return undefined
  return content.toString().replace(/@.*/, '').replace(/\D/g, '') || undefined
}
