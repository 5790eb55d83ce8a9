import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { namesOfRecipient, namesOfSender } from '../accounts/names.ts'
import { editAttribute, hidesWhenUnreadable } from '../content/revisions.ts'
import { stanzaTypeOf } from '../content/text.ts'
import { deliver } from '../delivery.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import { encNode } from '../signal/enc-nodes.ts'
import type { World } from '../world.ts'
import type { SentMessage } from './contact-state.ts'
import type { Retry } from './retry-receipt.ts'

/** Encrypts a message of a direct chat for one device and delivers it there. */
export async function sendToDevice(
  world: World,
  account: Account,
  device: Device,
  id: string,
  sent: SentMessage,
  retry?: Retry,
): Promise<void> {
  const node = stanza(
    'message',
    {
      ...senderOf(world, account, sent),
      id,
      type: sent.stanzaType ?? stanzaTypeOf(sent.message),
      edit: editAttribute(sent.message),
      t: seconds(sent.at),
      notify: account.name,
    },
    [...(await contentFor(account, device, sent, retry)), ...metaOf(sent)],
  )
  deliver(world, device, { kind: 'message', id, from: account.pn, node, peer: false })
}

/** Whom a stanza is from and, of an own message, to whom, under the names that the server knows beside the one that is used. */
function senderOf(world: World, account: Account, sent: SentMessage) {
  const { addressing, recipient, status, anonymous } = sent
  const used = addressing === 'lid' ? account.lidJid : account.jid
  if (status) return { from: 'status@broadcast', participant: used }
  if (anonymous) return { from: used, recipient, addressing_mode: addressing }
  const names =
    recipient === undefined ? namesOfSender(account, addressing) : namesOfRecipient(world.accounts, recipient)
  return { from: used, ...names }
}

/** Not even `<unavailable>` is there, as in the first message that somebody writes after an advertisement. */
export const ABSENT = 'absent'

async function contentFor(
  account: Account,
  device: Device,
  sent: SentMessage,
  retry?: Retry,
): Promise<BinaryNode[]> {
  if (sent.unavailable && !retry)
    return sent.unavailable === ABSENT ? [] : [unavailableNode(sent.unavailable)]
  const bundle = retry?.bundle ?? (() => device.takeBundle())
  const enc = await account.signal.encrypt(device.lidJid, sent.raw ?? sent.message, bundle)
  return [encNode(enc, retry?.count, hidesWhenUnreadable(sent.message))]
}

/** `<meta>`, if a message has one. */
export const metaOf = ({ meta }: SentMessage): BinaryNode[] => (meta ? [stanza('meta', meta)] : [])

/** `<unavailable>` in the place of content; for some types Baileys does not ask the phone. */
export function unavailableNode(type: true | string): BinaryNode {
  return stanza('unavailable', { type: type === true ? undefined : type })
}
