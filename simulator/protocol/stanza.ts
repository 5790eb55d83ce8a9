import { type BinaryNode, getBinaryNodeChildBuffer } from '@whiskeysockets/baileys'

export const SERVER = '@s.whatsapp.net'

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
