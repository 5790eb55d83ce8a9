import type { BinaryNode } from '@whiskeysockets/baileys'
import { children, stanza } from '../protocol/stanza.ts'

/** One `<enc>`: for one device (`pkmsg` opens a session), or for a group under the sender's key (`skmsg`). */
export type Ciphertext = { type: 'pkmsg' | 'msg' | 'skmsg'; ciphertext: Uint8Array }

/** The `<enc>` children of a node, in order. */
export function encsOf(node: BinaryNode | undefined): Ciphertext[] {
  const found: Ciphertext[] = []
  for (const { tag, attrs, content } of children(node)) {
    if (tag !== 'enc' || !(content instanceof Uint8Array)) continue
    const type = attrs.type === 'pkmsg' || attrs.type === 'skmsg' ? attrs.type : 'msg'
    found.push({ type, ciphertext: content })
  }
  return found
}

/** `<enc>` with a ciphertext; `count` says which attempt it is when a device asked again, `hide` that it may fail unseen. */
export function encNode({ type, ciphertext }: Ciphertext, count?: number, hide = false): BinaryNode {
  return stanza('enc', { v: 2, type, count, 'decrypt-fail': hide ? 'hide' : undefined }, ciphertext)
}
