import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import type { KeptStanza } from '../accounts/kept-stanza.ts'
import { takeCallReceipt } from '../calls/answers.ts'
import { acknowledge, deliver } from '../delivery.ts'
import { answerMediaRetry } from '../phones/media-reupload.ts'
import { resend } from '../phones/send.ts'
import { child, children, seconds, stanza } from '../protocol/stanza.ts'
import { contactOf, type World } from '../world.ts'

/** Takes a receipt from a device: anything but a retry acknowledges what the server keeps; then it goes to whoever it is for. */
export function takeReceipt(world: World, device: Device, node: BinaryNode): void {
  const { id, type } = node.attrs
  if (!id || takeCallReceipt(world, device, node)) return
  if (type === 'server-error') {
    world.background(answerMediaRetry(world, device, node))
    return
  }
  const other = world.accounts.resolve(otherParty(node)) ?? { account: device.account, device: 0 }
  const { account } = other
  const companion = other.device > 0 ? account.devices.get(other.device) : undefined
  if (type === 'retry') {
    device.mailbox.noteRetry(id)
    if (companion) forwardReceipt(world, device, companion, node, id)
    else world.background(resend(world, contactOf(world, account), device, node))
    return
  }
  const items = children(child(node, 'list')).map(item => item.attrs.id)
  for (const one of [id, ...items]) {
    if (!one) continue
    acknowledge(world, device, 'message', one, node)
    if (account === device.account) continue
    if (companion) forwardReceipt(world, device, companion, node, one)
    else addReceipt(world, account, device, one, type ?? 'delivery')
    // A read receipt names the author without a device: any of the author's devices may be meant.
    if (!companion && (type === 'read' || type === 'played'))
      for (const other of account.devices.values()) forwardReceipt(world, device, other, node, one)
  }
}

function addReceipt(world: World, to: Account, from: Device, id: string, type: string) {
  contactOf(world, to).receipts.push({ id, type, device: from.jid, at: Date.now() })
  world.events.emit('receipt', { contact: to.pn, id, type, device: from.jid })
}

function forwardReceipt(world: World, from: Device, to: Device, node: BinaryNode, id: string) {
  const { type, to: chat } = node.attrs
  const retry = type === 'retry'
  const address = otherParty(node)?.endsWith('@lid') ? from.lidJid : from.jid
  const attributes = {
    id,
    from: isGroup(chat) ? chat : address,
    participant: isGroup(chat) ? address : undefined,
    // "inactive" is for the server: the other side sees a plain delivery.
    type: type === 'inactive' ? undefined : type,
    t: seconds(),
  }
  const forwarded = stanza('receipt', attributes, retry ? node.content : undefined)
  deliver(world, to, { kind: 'receipt', id, from: from.account.pn, node: forwarded, peer: false })
}

/** Takes an ack from a device, with or without an error: the server forgets what it settles. False for one that names nothing. */
export function takeAck(world: World, device: Device, node: BinaryNode): boolean {
  const { id, class: kind } = node.attrs
  return id !== undefined && isKept(kind) && acknowledge(world, device, kind, id, node)
}

const KINDS: KeptStanza['kind'][] = ['message', 'receipt', 'notification', 'call', 'status']
const isKept = (kind: string | undefined): kind is KeptStanza['kind'] => KINDS.some(one => one === kind)

const isGroup = (jid: string | undefined): jid is string => jid?.endsWith('@g.us') === true

/** Whom a receipt or ack means: in a group the participant, else the address it goes to. */
const otherParty = ({ attrs }: BinaryNode) => (isGroup(attrs.to) ? attrs.participant : attrs.to)
