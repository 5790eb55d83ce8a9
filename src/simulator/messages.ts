import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from './accounts.ts'
import type { Connection } from './connection.ts'
import { contactOf, encOf } from './contact.ts'
import { acknowledge, keep } from './delivery.ts'
import { child, children, seconds, stanza } from './stanza.ts'
import type { World } from './world.ts'

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
  if (!id || !to || !world.accounts.resolve(to)) {
    connection.send(stanza('ack', { ...ack, error: 404 }))
    return
  }
  if (account.droppedAcks > 0) account.droppedAcks--
  else connection.send(stanza('ack', ack))
  const target = world.accounts.resolve(node.attrs.recipient ?? to)
  const line = { id, from: account.pn, to: target?.account.pn ?? '', device: device.jid, at: Date.now() }
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
  const enc = encOf(part)
  const ownCopy = target.account === sender.account
  if (!enc || (ownCopy && !world.options.ownCopies)) return
  const address = ownCopy || !to ? target.account.jid : bare(to)
  world.background(contactOf(world, target.account).receive(sender, address, id!, enc, String(seconds())))
}

/** From one linked device to another: the ciphertext passes as it is. */
function forward(world: World, sender: Device, device: Device, message: BinaryNode, part: BinaryNode) {
  const { id, to, type, recipient } = message.attrs
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
      t: seconds(),
      notify: sender.account.name,
    },
    content,
  )
  keep(world, device, { kind: 'message', id: id!, from: sender.account.pn, node, peer: false })
}

/** Takes a receipt from a device: anything but a retry acknowledges what the server keeps; then it goes to whoever it is for. */
export function takeReceipt(world: World, device: Device, node: BinaryNode): void {
  const { id, to, type, t } = node.attrs
  if (!id) return
  const other = world.accounts.resolve(to) ?? { account: device.account, device: 0 }
  const { account } = other
  const companion = other.device > 0 ? account.devices.get(other.device) : undefined
  if (type === 'retry') {
    if (companion) forwardReceipt(world, device, companion, node)
    else world.background(contactOf(world, account).resend(device, node))
    return
  }
  const items = children(child(node, 'list')).map(item => item.attrs.id)
  for (const one of [id, ...items]) {
    if (!one) continue
    acknowledge(world, device, 'message', one, account.pn, { by: 'receipt', ...(type && { type }) })
    if (account === device.account) continue
    if (companion) forwardReceipt(world, device, companion, stanza('receipt', { id: one, to, type, t }))
    else contactOf(world, account).noteReceipt(one, type ?? 'delivery', device.jid)
  }
}

function forwardReceipt(world: World, from: Device, to: Device, node: BinaryNode) {
  const { id, type } = node.attrs
  const lid = node.attrs.to?.endsWith('@lid')
  // "inactive" is for the server: the other side sees a plain delivery.
  const attributes = {
    id,
    from: lid ? from.lidJid : from.jid,
    type: type === 'inactive' ? undefined : type,
    t: seconds(),
  }
  const forwarded = stanza('receipt', attributes, node.content)
  keep(world, to, { kind: 'receipt', id: id!, from: from.account.pn, node: forwarded, peer: false })
}

/** Takes an ack from a device, with or without an error: the server forgets what it names. */
export function takeAck(world: World, device: Device, node: BinaryNode): void {
  const { id, to, error, class: kind } = node.attrs
  if (!id || (kind !== 'message' && kind !== 'receipt')) return
  const from = world.accounts.resolve(to)?.account ?? device.account
  acknowledge(world, device, kind, id, from.pn, { by: 'ack', ...(error && { error }) })
}

const bare = (jid: string) => jid.replace(/:\d+@/, '@')
