import type { BinaryNode } from '@whiskeysockets/baileys'

/** When what a stanza tells of happened, in ms; `now` if it does not say. */
export function happenedAt({ attrs }: BinaryNode, now: number): number {
  const at = Number(attrs.t) * 1000
  return Number.isFinite(at) && at > 0 && at <= 8.64e15 ? at : now
}
