import { randomInt } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Addressing } from '../accounts/account.ts'
import { deliver } from '../delivery.ts'
import { SERVER, seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

/** Tells the linked devices of an account that a person it knows has another number, and so another account. */
export function tellNumberChange(world: World, to: Account, old: Account, now: Account): string {
  const names = { old: old.jid, new: now.jid, old_lid: old.lidJid, new_lid: now.lidJid }
  return tell(world, to, old, { from: SERVER.slice(1), type: 'contacts' }, stanza('modify', names))
}

/** Tells them that a person has another picture, or none any more. */
export function tellPicture(
  world: World,
  to: Account,
  of: Account,
  { removed = false, addressing = 'lid' }: { removed?: boolean; addressing?: Addressing } = {},
): string {
  const from = addressing === 'lid' ? of.lidJid : of.jid
  const change = removed
    ? stanza('delete', { jid: from, author: from })
    : stanza('set', { jid: from, id: String(randomInt(1e9)), author: from })
  return tell(world, to, of, { from, type: 'picture' }, change)
}

function tell(
  world: World,
  to: Account,
  about: Account,
  attributes: Record<string, string>,
  change: BinaryNode,
): string {
  const id = String(randomInt(1e9))
  const node = stanza('notification', { ...attributes, id, t: seconds() }, [change])
  // The server's own notifications are acknowledged to the server: kept as the account's.
  const from = attributes.from === about.lidJid || attributes.from === about.jid ? about.pn : to.pn
  for (const device of to.devices.values())
    deliver(world, device, { kind: 'notification', id, from, node, peer: false })
  return id
}
