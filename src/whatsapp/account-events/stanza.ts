import type { BinaryNode } from '@whiskeysockets/baileys'

/** The children of a node; none if it has bytes, text or nothing. */
export const childrenOf = ({ content }: BinaryNode): BinaryNode[] => (Array.isArray(content) ? content : [])

/** When what a stanza tells of happened, in ms; `now` if it does not say. */
export function happenedAt({ attrs }: BinaryNode, now: number): number {
  const at = Number(attrs.t) * 1000
  return Number.isFinite(at) && at > 0 && at <= 8.64e15 ? at : now
}
