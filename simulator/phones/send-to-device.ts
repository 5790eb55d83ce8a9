import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { editAttribute } from '../content/revisions.ts'
import { typeOf } from '../content/text.ts'
import { keep } from '../delivery.ts'
import type { Addressing, Group } from '../groups/group.ts'
import {
  type Bundle,
  bytesOf,
  child,
  readPreKey,
  readSignedPreKey,
  seconds,
  stanza,
} from '../protocol/stanza.ts'
import type { World } from '../world.ts'

/** What a contact said, kept so that it can be said again to a device that could not decrypt it. */
export type Said = {
  message: proto.IMessage
  /** Phone number of the other party, or jid of the group. */
  to: string
  addressing: Addressing
  /** Milliseconds since 1970. */
  at: number
  /** The chat's address in a copy for the own linked devices. */
  recipient?: string
  group?: Group
  /** It arrives without content, as something linked devices cannot have from the sender: `type` of `<unavailable>`, or true for none. */
  unavailable?: true | string
}

/** A device's request for a message again: which attempt, and its keys for a new session when it sent them. */
export type Retry = { count: number; bundle: (() => Bundle) | undefined }

/** Reads a retry receipt. */
export function readRetry(receipt: BinaryNode): Retry {
  const keys = child(receipt, 'keys')
  const count = Number(child(receipt, 'retry')?.attrs.count ?? 1)
  return { count, bundle: keys && (() => bundleOf(receipt, keys)) }
}

/** Encrypts something said in a direct chat for one device and keeps it there. */
export async function encryptTo(
  world: World,
  account: Account,
  device: Device,
  id: string,
  said: Said,
  retry?: Retry,
): Promise<void> {
  const attributes =
    said.addressing === 'lid'
      ? { from: account.lidJid, sender_pn: account.jid, addressing_mode: 'lid' }
      : { from: account.jid, sender_lid: account.lidJid, addressing_mode: 'pn' }
  const node = stanza(
    'message',
    {
      ...attributes,
      recipient: said.recipient,
      id,
      type: typeOf(said.message),
      edit: editAttribute(said.message),
      t: seconds(said.at),
      notify: account.name,
    },
    [await contentFor(account, device, said, retry)],
  )
  keep(world, device, { kind: 'message', id, from: account.pn, node, peer: false })
}

async function contentFor(account: Account, device: Device, said: Said, retry?: Retry): Promise<BinaryNode> {
  if (said.unavailable && !retry) return unavailableNode(said.unavailable)
  const bundle = retry?.bundle ?? (() => device.takeBundle())
  const { type, ciphertext } = await account.signal.encrypt(device.lidJid, said.message, bundle)
  return stanza('enc', { v: 2, type, count: retry?.count }, ciphertext)
}

/** `<unavailable>` in the place of content; for some types Baileys does not ask the phone. */
export function unavailableNode(type: true | string): BinaryNode {
  return stanza('unavailable', { type: type === true ? undefined : type })
}

function bundleOf(receipt: BinaryNode, keys: BinaryNode): Bundle {
  const preKey = child(keys, 'key')
  return {
    registrationId: bytesOf(receipt, 'registration').readUInt32BE(0),
    identity: bytesOf(keys, 'identity'),
    signedPreKey: readSignedPreKey(child(keys, 'skey')),
    ...(preKey && { preKey: readPreKey(preKey) }),
  }
}
