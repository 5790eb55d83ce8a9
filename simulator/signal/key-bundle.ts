import { type BinaryNode, encodeBigEndian } from '@whiskeysockets/baileys'
import { bytesOf, stanza } from '../protocol/stanza.ts'

const KEY_TYPE = Buffer.from([5])

/** One public pre-key on the wire: `id` travels as 3 bytes, `public` is 32 bytes. */
export type PreKey = { id: number; public: Uint8Array }
export type SignedPreKey = PreKey & { signature: Uint8Array }

/** What another party needs to open a Signal session with a device. */
export type KeyBundle = {
  registrationId: number
  identity: Uint8Array
  signedPreKey: SignedPreKey
  preKey?: PreKey
}

/** The children of a bundle, as `<user>` and retry receipts carry them. */
export function bundleNodes(bundle: KeyBundle): BinaryNode[] {
  const nodes = [
    stanza('registration', {}, encodeBigEndian(bundle.registrationId)),
    stanza('type', {}, KEY_TYPE),
    stanza('identity', {}, bundle.identity),
  ]
  if (bundle.preKey) nodes.push(stanza('key', {}, keyNodes(bundle.preKey)))
  const signature = stanza('signature', {}, bundle.signedPreKey.signature)
  nodes.push(stanza('skey', {}, [...keyNodes(bundle.signedPreKey), signature]))
  return nodes
}

function keyNodes(key: PreKey): BinaryNode[] {
  return [stanza('id', {}, encodeBigEndian(key.id, 3)), stanza('value', {}, key.public)]
}

/** Reads a `<key>` node. */
export function readPreKey(node: BinaryNode | undefined): PreKey {
  return { id: bytesOf(node, 'id').readUIntBE(0, 3), public: bytesOf(node, 'value') }
}

/** Reads an `<skey>` node. */
export function readSignedPreKey(node: BinaryNode | undefined): SignedPreKey {
  return { ...readPreKey(node), signature: bytesOf(node, 'signature') }
}
