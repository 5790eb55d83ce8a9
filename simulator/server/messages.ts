import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { namesOfRecipient, namesOfSender } from '../accounts/names.ts'
import { deliver } from '../delivery.ts'
import type { Group } from '../groups/group.ts'
import { receive } from '../phones/receive.ts'
import type { Connection } from '../protocol/connection.ts'
import { child, children, seconds, stanza } from '../protocol/stanza.ts'
import { encsOf } from '../signal/enc-nodes.ts'
import { contactOf, type World } from '../world.ts'
import { routeInGroup } from './group-messages.ts'
import { missedHash } from './participant-hash.ts'

/** Takes a message from a device: acks it, then hands each `<enc>` to the phone or device it is for. */
export function takeMessage(world: World, connection: Connection, device: Device, node: BinaryNode): void {
  const { account } = device
  const { id, to, peer_recipient_pn: number } = node.attrs
  world.events.emit('sent', { id, to, number })
  const ack = { class: 'message', id, from: to, t: seconds() }
  const refuse = (why: { error: string }) => {
    const { error } = why
    world.ledger.refused.push({ id: id!, from: account.pn, device: device.jid, at: Date.now(), error })
    connection.send(stanza('ack', { ...ack, ...why }))
  }
  const error = account.sendPause.refusal(() => errorAck(world, device))
  if (error) {
    refuse(error)
    return
  }
  const group = to?.endsWith('@g.us') ? world.groups.get(to) : undefined
  const refusal = refusalOf(world, account, node, group)
  if (refusal) {
    refuse({ error: String(refusal) })
    return
  }
  const other = world.accounts.resolve(to)?.account
  const refresh_lid = other && account.staleLids.has(other) ? 'true' : undefined
  const phash = missedHash(world, device, other, node)
  if (!world.faults.take('drop-ack', device)) {
    const late = world.faults.take('late-ack', device)
    const answer = () => connection.send(stanza('ack', { ...ack, refresh_lid, phash }))
    if (late) world.later(late.delay ?? 0, answer)
    else answer()
  }
  if (group) {
    const { jid } = group
    const line = { id: id!, from: account.pn, to: jid, device: device.jid, at: Date.now(), group: jid }
    world.ledger.accepted.push(line)
    routeInGroup(world, device, group, node)
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

function errorAck(world: World, device: Device) {
  const { code, backoff } = world.faults.take('error-ack', device) ?? {}
  return code === undefined ? undefined : { error: code, ...(backoff && { backoff }) }
}

/**
 * Why the server does not take a message: a LID from an account whose chats are by number, a LID or group that nobody has. A number
 * that nobody has is taken, and nobody gets it.
 */
function refusalOf(
  world: World,
  account: Account,
  node: BinaryNode,
  group: Group | undefined,
): number | undefined {
  const { id, to } = node.attrs
  if (group) return group.accounts.has(account) ? undefined : 403
  const target = world.accounts.resolve(to)?.account
  if (!id || !to || (!target && !/^\d+@s\.whatsapp\.net$/.test(to))) return 404
  if (to.endsWith('@lid') && target !== account && !account.migrated) return 400
  return target && isStranger(account, target) && !hasToken(account, target, node) ? 463 : undefined
}

const isStranger = ({ firstContacts, directChats }: Account, target: Account) =>
  firstContacts.strict && !directChats.has(target)

function hasToken(account: Account, target: Account, node: BinaryNode): boolean {
  const [tcToken, csToken] = ['tctoken', 'cstoken'].map(
    tag => child(node, tag)?.content as Uint8Array | undefined,
  )
  return target === account || account.firstContacts.accepts(target.lidJid, tcToken, csToken)
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
  const t = String(seconds())
  const incoming = { device: sender, id: id!, t, addressee: { from }, group: undefined, encs }
  world.background(receive(world, contactOf(world, target.account), incoming))
}

/** From one linked device to another: the ciphertext passes as it is. */
function forward(world: World, sender: Device, device: Device, message: BinaryNode, part: BinaryNode) {
  const { id, to, type, edit, recipient } = message.attrs
  const lid = to?.endsWith('@lid')
  const own = device.account === sender.account
  const from = lid ? sender.lidJid : sender.jid
  const addresses = own
    ? { from, ...namesOfRecipient(world.accounts, recipient ?? to) }
    : { from, ...namesOfSender(sender.account, lid ? 'lid' : 'pn') }
  const content = children(part).filter(({ tag }) => tag === 'enc')
  const identity = child(message, 'device-identity')
  if (identity) content.push(identity)
  const node = stanza(
    'message',
    {
      ...addresses,
      id,
      type,
      edit,
      t: seconds(),
      notify: sender.account.name,
    },
    content,
  )
  deliver(world, device, { kind: 'message', id: id!, from: sender.account.pn, node, peer: false })
}

const bare = (jid: string) => jid.replace(/:\d+@/, '@')
