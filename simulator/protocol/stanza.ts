import { type BinaryNode, encodeBigEndian, getBinaryNodeChildBuffer } from '@whiskeysockets/baileys'

export const SERVER = '@s.whatsapp.net'
const KEY_TYPE = Buffer.from([5])

type Attributes = Record<string, string | number | undefined>

/** Builds a node; undefined attributes are left out, numbers become decimal text. */
export function stanza(
  tag: string,
  attributes: Attributes = {},
  content?: BinaryNode['content'],
): BinaryNode {
  const attrs: BinaryNode['attrs'] = {}
  for (const name in attributes) {
    const value = attributes[name]
    if (value !== undefined) attrs[name] = String(value)
  }
  return content === undefined ? { tag, attrs } : { tag, attrs, content }
}

/** `<iq type="result">` to a request, with the given children. */
export function result(request: BinaryNode, ...children: BinaryNode[]): BinaryNode {
  return stanza(
    'iq',
    { from: SERVER, type: 'result', id: request.attrs.id },
    children.length ? children : undefined,
  )
}

/** The child nodes of a node; none when its content is bytes, text or absent. */
export function children(node: BinaryNode | undefined): BinaryNode[] {
  return Array.isArray(node?.content) ? node.content : []
}

/** The first child with that tag. */
export function child(node: BinaryNode | undefined, tag: string): BinaryNode | undefined {
  return children(node).find(candidate => candidate.tag === tag)
}

/** The bytes inside a child node. Throws when the child is missing or holds no bytes. */
export function bytesOf(node: BinaryNode | undefined, tag: string): Buffer {
  const content = getBinaryNodeChildBuffer(node, tag)
  if (!content) throw new Error(`<${node?.tag}> without <${tag}>`)
  return Buffer.from(content)
}

/** Unix time in seconds. */
export const seconds = (at = Date.now()) => Math.floor(at / 1000)

/** One public pre-key on the wire: `id` travels as 3 bytes, `public` is 32 bytes. */
export type PreKey = { id: number; public: Uint8Array }
export type SignedPreKey = PreKey & { signature: Uint8Array }

/** What another party needs to open a Signal session with a device. */
export type Bundle = {
  registrationId: number
  identity: Uint8Array
  signedPreKey: SignedPreKey
  preKey?: PreKey
}

/** The children of a bundle, as `<user>` and retry receipts carry them. */
export function bundleNodes(bundle: Bundle): BinaryNode[] {
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
