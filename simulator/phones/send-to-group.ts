import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import { joined } from '../content/raw.ts'
import { editAttribute, hidesWhenUnreadable } from '../content/revisions.ts'
import { stanzaTypeOf } from '../content/text.ts'
import { deliver } from '../delivery.ts'
import { type Group, groupSender } from '../groups/group.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import { type Ciphertext, encNode } from '../signal/enc-nodes.ts'
import type { World } from '../world.ts'
import type { ContactState, SentMessage } from './contact-state.ts'
import type { Retry } from './retry-receipt.ts'
import { metaOf, unavailableNode } from './send-to-device.ts'
import type { Holders } from './sender-key-holders.ts'

/**
 * Encrypts a message once for the group and delivers it to each linked device of each member, the own ones included; who does not
 * hold the sender key yet gets it before.
 */
export function sendToGroup(
  world: World,
  contact: ContactState,
  group: Group,
  id: string,
  sent: SentMessage,
): Promise<void> {
  return contact.senderKeys.inOrder(async () => {
    if (sent.unavailable) {
      const node = unavailableNode(sent.unavailable)
      for (const account of group.accounts)
        for (const device of account.devices.values())
          deliverTo(world, contact, group, device, id, sent, [node])
      return
    }
    const { signal, lidJid } = contact.account
    const { devices } = await holdersOf(contact, group)
    const hide = hidesWhenUnreadable(sent.message)
    const { distribution, ...shared } = await signal.encryptForGroup(
      group.jid,
      lidJid,
      sent.raw ?? sent.message,
    )
    for (const account of group.accounts) {
      for (const device of account.devices.values()) {
        const encs = devices.has(device) ? [] : [await encryptKey(contact, group, device, distribution)]
        devices.add(device)
        const nodes = [...encs, shared].map(enc => encNode(enc, undefined, hide))
        deliverTo(world, contact, group, device, id, sent, nodes)
      }
    }
  })
}

/**
 * Sends a message again to one device, in a new pairwise session and with the sender key, as phones answer a retry receipt. One who
 * left gets no answer.
 */
export function resendToGroupMember(
  world: World,
  contact: ContactState,
  group: Group,
  device: Device,
  id: string,
  sent: SentMessage,
  retry: Retry,
): Promise<void> {
  return contact.senderKeys.inOrder(async () => {
    if (!group.accounts.has(device.account)) return
    const { signal, lidJid } = contact.account
    const { devices } = await holdersOf(contact, group)
    const distribution = await signal.senderKeyFor(group.jid, lidJid)
    const key = { senderKeyDistributionMessage: keyMessage(group, distribution) }
    const message = joined(sent.raw ?? sent.message, key)
    await signal.forget(device.lidJid)
    const bundle = retry.bundle ?? (() => device.takeBundle())
    const enc = await signal.encrypt(device.lidJid, message, bundle)
    devices.add(device)
    deliverTo(world, contact, group, device, id, sent, [
      encNode(enc, retry.count, hidesWhenUnreadable(sent.message)),
    ])
  })
}

/** When somebody left, the old key is dropped and nobody holds the next one. */
async function holdersOf({ account, senderKeys }: ContactState, group: Group): Promise<Holders> {
  const known = senderKeys.get(group.jid)
  if (known?.epoch === group.epoch) return known
  if (known) await account.signal.dropSenderKey(group.jid, account.lidJid)
  return senderKeys.begin(group.jid, group.epoch)
}

function encryptKey(
  { account }: ContactState,
  group: Group,
  device: Device,
  distribution: Uint8Array,
): Promise<Ciphertext> {
  const message = { senderKeyDistributionMessage: keyMessage(group, distribution) }
  return account.signal.encrypt(device.lidJid, message, () => device.takeBundle())
}

function deliverTo(
  world: World,
  { account }: ContactState,
  group: Group,
  device: Device,
  id: string,
  sent: SentMessage,
  content: BinaryNode[],
) {
  const attributes = {
    ...groupSender(group, account, account),
    id,
    type: sent.stanzaType ?? stanzaTypeOf(sent.message),
    edit: editAttribute(sent.message),
    t: seconds(sent.at),
    notify: account.name,
  }
  const node = stanza('message', attributes, [...content, ...metaOf(sent)])
  deliver(world, device, { kind: 'message', id, from: account.pn, group: group.jid, node, peer: false })
}

function keyMessage(group: Group, distribution: Uint8Array): proto.Message.ISenderKeyDistributionMessage {
  return { groupId: group.jid, axolotlSenderKeyDistributionMessage: distribution }
}
