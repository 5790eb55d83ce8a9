import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import type { Letter } from '../accounts/mailbox.ts'
import { encsOf } from '../content/text.ts'
import { acknowledge, keep } from '../delivery.ts'
import { contactOf } from '../phones/contact.ts'
import { answerMediaRetry } from '../phones/media-reupload.ts'
import type { Connection } from '../protocol/connection.ts'
import { child, children, seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import { spreadInGroup } from './group-messages.ts'

/** Takes a message from a device: acks it, then hands each `<enc>` to the phone or device it is for. */
export function takeMessage(world: World, connection: Connection, device: Device, node: BinaryNode): void {
  const { account } = device
  const { id, to } = node.attrs
  const ack = { class: 'message', id, from: to, t: seconds() }
  const error = account.errorAcks.shift()
  if (error) {
    connection.send(stanza('ack', { ...ack, error }))
    return
  }
  const group = isGroup(to) ? world.groups.get(to) : undefined
  const refusal = id && (group || world.accounts.resolve(to)) ? undefined : 404
  if (refusal || (group && !group.accounts.has(account))) {
    connection.send(stanza('ack', { ...ack, error: refusal ?? 403 }))
    return
  }
  if (account.droppedAcks > 0) account.droppedAcks--
  else connection.send(stanza('ack', ack))
  if (group) {
    const { jid } = group
    const line = { id: id!, from: account.pn, to: jid, device: device.jid, at: Date.now(), group: jid }
    world.ledger.accepted.push(line)
    spreadInGroup(world, device, group, node)
    return
  }
  const target = world.accounts.resolve(node.attrs.recipient ?? to)
  const line = { id: id!, from: account.pn, to: target?.account.pn ?? '', device: device.jid, at: Date.now() }
  world.ledger.accepted.push(line)

  const participants = child(node, 'participants')
  if (participants)
    for (const part of children(participants)) route(world, device, node, part.attrs.jid, part)
  else route(world, device, node, to, node)
}

function route(world: World, sender: Device, message: BinaryNode, jid: string | undefined, part: BinaryNode) {
  const target = world.accounts.resolve(jid)
  if (!target) return
  const { id, to } = message.attrs
  if (target.device > 0) {
    const device = target.account.devices.get(target.device)
    if (device && device !== sender) forward(world, sender, device, message, part)
    return
  }
  const encs = encsOf(part)
  const ownCopy = target.account === sender.account
  if (!encs.length || (ownCopy && !world.options.ownCopies)) return
  const from = ownCopy || !to ? target.account.jid : bare(to)
  const arrival = {
    device: sender,
    id: id!,
    t: String(seconds()),
    addressee: { from },
    group: undefined,
    encs,
  }
  world.background(contactOf(world, target.account).receive(arrival))
}

/** From one linked device to another: the ciphertext passes as it is. */
function forward(world: World, sender: Device, device: Device, message: BinaryNode, part: BinaryNode) {
  const { id, to, type, edit, recipient } = message.attrs
  const lid = to?.endsWith('@lid')
  const own = device.account === sender.account
  const addresses = lid
    ? { from: sender.lidJid, sender_pn: sender.jid, addressing_mode: 'lid' }
    : { from: sender.jid, sender_lid: sender.lidJid, addressing_mode: 'pn' }
  const content = children(part).filter(({ tag }) => tag === 'enc')
  const identity = child(message, 'device-identity')
  if (identity) content.push(identity)
  const node = stanza(
    'message',
    {
      ...addresses,
      recipient: own ? (recipient ?? to) : undefined,
      id,
      type,
      edit,
      t: seconds(),
      notify: sender.account.name,
    },
    content,
  )
  keep(world, device, { kind: 'message', id: id!, from: sender.account.pn, node, peer: false })
}

/** Takes a receipt from a device: anything but a retry acknowledges what the server keeps; then it goes to whoever it is for. */
export function takeReceipt(world: World, device: Device, node: BinaryNode): void {
  const { id, type } = node.attrs
  if (!id) return
  if (type === 'server-error') {
    world.background(answerMediaRetry(world, device, node))
    return
  }
  const other = world.accounts.resolve(otherParty(node)) ?? { account: device.account, device: 0 }
  const { account } = other
  const companion = other.device > 0 ? account.devices.get(other.device) : undefined
  if (type === 'retry') {
    if (companion) forwardReceipt(world, device, companion, node, id)
    else world.background(contactOf(world, account).resend(device, node))
    return
  }
  const items = children(child(node, 'list')).map(item => item.attrs.id)
  for (const one of [id, ...items]) {
    if (!one) continue
    acknowledge(world, device, 'message', one, account.pn, { by: 'receipt', ...(type && { type }) })
    if (account === device.account) continue
    if (companion) forwardReceipt(world, device, companion, node, one)
    else contactOf(world, account).noteReceipt(one, type ?? 'delivery', device.jid)
    // A read receipt names the author without a device: any of the author's devices may be meant.
    if (!companion && (type === 'read' || type === 'played'))
      for (const other of account.devices.values()) forwardReceipt(world, device, other, node, one)
  }
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
  keep(world, to, { kind: 'receipt', id, from: from.account.pn, node: forwarded, peer: false })
}

/** Takes an ack from a device, with or without an error: the server forgets what it names. */
export function takeAck(world: World, device: Device, node: BinaryNode): void {
  const { id, error, class: kind } = node.attrs
  if (!id || !isKept(kind)) return
  const from = newsletterOf(node) ?? (world.accounts.resolve(otherParty(node))?.account ?? device.account).pn
  acknowledge(world, device, kind, id, from, { by: 'ack', ...(error && { error }) })
}

const isKept = (kind: string | undefined): kind is Letter['kind'] =>
  kind === 'message' || kind === 'receipt' || kind === 'notification'

const isGroup = (jid: string | undefined): jid is string => jid?.endsWith('@g.us') === true

/** Whom a receipt or ack means: in a group the participant, else the address it goes to. */
const otherParty = ({ attrs }: BinaryNode) => (isGroup(attrs.to) ? attrs.participant : attrs.to)

const newsletterOf = ({ attrs }: BinaryNode) => (attrs.to?.endsWith('@newsletter') ? attrs.to : undefined)

const bare = (jid: string) => jid.replace(/:\d+@/, '@')
