import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'

export const nextId = () => randomBytes(8).toString('hex').toUpperCase()

export const stanza = (
  tag: string,
  attrs: BinaryNode['attrs'] = {},
  content?: BinaryNode['content'],
): BinaryNode => (content === undefined ? { tag, attrs } : { tag, attrs, content })

/** A message that no session of ours can read. */
export const unreadable = (from: string): BinaryNode => {
  const enc = stanza('enc', { v: '2', type: 'msg' }, Buffer.alloc(64, 7))
  const t = String(Math.floor(Date.now() / 1000))
  return stanza('message', { from, id: nextId(), type: 'text', t, notify: 'Ana' }, [enc])
}
