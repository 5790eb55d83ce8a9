import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { enroll } from '../linking/enroll.ts'
import { child, children, result, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import { answerContact } from './contact-query.ts'

/**
 * Answers a usync query of `asker`: devices, LID and contact, for users named by jid or by phone number; null when a fault wants no
 * answer. Unknown jids are left out unless `contact` is asked. Nobody may rely on the order of the users: it is not that of the question.
 */
export function answerUsync(world: World, device: Device, request: BinaryNode): BinaryNode | null {
  const { accounts } = world
  const asker = device.account
  const usync = child(request, 'usync')
  const protocols = children(child(usync, 'query'))
  const byLid = protocols.some(({ tag, attrs }) => tag === 'contact' && attrs.addressing_mode === 'lid')
  const asked = children(child(usync, 'list'))
  const fault = asked.some(user => phoneOf(user))
    ? world.faults.take('contact-query', device)?.answer
    : undefined
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
  if (protocols.some(({ tag }) => tag === 'devices')) changeDevices(world, device, asked)
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

/** As if somebody linked or removed a device at the very moment after a sender asked for the list. */
function changeDevices(world: World, asker: Device, asked: BinaryNode[]) {
  const others = asked.flatMap(({ attrs: { jid } }) => world.accounts.resolve(jid)?.account ?? [])
  for (const account of new Set(others)) {
    if (account === asker.account) continue
    const fault = world.faults.take('device-list-change', asker)
    if (!fault) return
    const [last] = [...account.devices.values()].slice(-1)
    if (fault.change !== 'removed') enroll(world, account)
    else if (last) account.remove(last)
  }
}
