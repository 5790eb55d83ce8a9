import type { proto } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import { textOf } from '../content/text.ts'
import { type Group, inGroup } from '../groups/group.ts'
import type { Ciphertext } from '../signal/enc-nodes.ts'
import type { World } from '../world.ts'
import type { Addressee, ContactState, InboxMessage, MessageOrigin } from './contact-state.ts'
import { takeTimer } from './context/disappearing.ts'
import { answerPeerRequest } from './peer-messages.ts'
import { sendDelivered, sendRead, sendRetry } from './receipts.ts'

/** How often a phone asks for a message again, and how often it is answered. */
export const MAX_RETRIES = 3

/** What a device sent to a phone: the `<enc>` nodes for it, and `t` as the server stamped it. */
export type IncomingMessage = {
  device: Device
  id: string
  t: string
  addressee: Addressee
  group: Group | undefined
  encs: readonly Ciphertext[]
}

/** Takes what a device sent to this phone: decrypts it, puts it in the inbox and answers with receipts. */
export async function receive(world: World, contact: ContactState, incoming: IncomingMessage): Promise<void> {
  const { account } = contact
  const { device, id, addressee, group, encs } = incoming
  if (device.account !== account && world.faults.take('retry-receipt', device))
    return askAgain(world, contact, incoming, 'a fault')
  let message: proto.IMessage
  try {
    message = group
      ? await account.signal.decryptFromGroup(group.jid, device.lidJid, encs)
      : await account.signal.decrypt(device.lidJid, encs[0]!)
  } catch (error) {
    return askAgain(world, contact, incoming, error instanceof Error ? error.message : String(error))
  }
  const request = message.deviceSentMessage?.message?.protocolMessage?.peerDataOperationRequestMessage
  if (device.account === account)
    return request
      ? answerPeerRequest(world, device, id, request)
      : addCopy(world, contact, incoming, message)
  const at = Date.now()
  const from = device.account.pn
  const origin: MessageOrigin = { device, addressee, group, delivered: false }
  takeTimer(
    world,
    account,
    { ...incoming, begins: !group && !account.directChats.has(device.account) },
    message,
  )
  if (!group) account.addDirectChat(device.account)
  contact.origins.set(id, origin)
  world.ledger.received.push({ id, from, to: account.pn, device: device.jid, at, ...inGroup(group) })
  const about = { id, from, device: device.jid, group: group?.jid ?? null, text: textOf(message), at }
  addToInbox(world, contact, { ...about, message })
  if (contact.autoDelivered) sendReceiptsLater(world, contact, origin, id)
}

/** Puts a message in the inbox. */
export function addToInbox(world: World, { account, inbox }: ContactState, message: InboxMessage): void {
  inbox.push(message)
  world.events.emit('message', { contact: account.pn, message })
}

function sendReceiptsLater(world: World, contact: ContactState, origin: MessageOrigin, id: string) {
  const delay = world.options.receiptDelayMs
  world.later(delay, () => {
    sendDelivered(world, contact.account, origin, id)
    if (contact.autoRead) world.later(delay, () => sendRead(world, contact, origin, id, 'read'))
  })
}

/** What an own linked device sent: a copy made for this phone, or in a group the message that all got. */
function addCopy(
  world: World,
  { account, copies }: ContactState,
  { device, id, group }: IncomingMessage,
  message: proto.IMessage,
) {
  const copied = message.deviceSentMessage?.message ?? (group && message)
  if (!copied) return
  const destination = message.deviceSentMessage?.destinationJid ?? undefined
  const to = group?.jid ?? world.accounts.resolve(destination)?.account.pn ?? ''
  const about = { id, from: account.pn, device: device.jid, group: group?.jid ?? null, text: textOf(copied) }
  copies.push({ ...about, at: Date.now(), message: copied, to })
}

function askAgain(world: World, contact: ContactState, incoming: IncomingMessage, reason: string) {
  const { account, retries } = contact
  const { device, id, t, group } = incoming
  const count = (retries.get(id) ?? 0) + 1
  const line = { id, from: device.account.pn, to: account.pn, device: device.jid, at: Date.now(), reason }
  world.ledger.undecryptable.push({ ...line, ...inGroup(group) })
  if (count > MAX_RETRIES) return
  retries.set(id, count)
  sendRetry(world, account, incoming, id, count, t)
}
