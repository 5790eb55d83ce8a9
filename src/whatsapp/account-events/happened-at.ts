import type { BinaryNode } from '@whiskeysockets/baileys'
import { LATEST_DATE } from '../../base/dates.ts'

/** When what a stanza tells of happened, in ms; `now` if it does not say. */
export function happenedAt({ attrs }: BinaryNode, now: number): number {
  const at = Number(attrs.t) * 1000
  return Number.isFinite(at) && at > 0 && at <= LATEST_DATE ? at : now
}
