import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account } from '../accounts/account.ts'
import { deliver } from '../delivery.ts'
import { groupSender } from '../groups/group.ts'
import { SERVER, seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

/** Gives an account another LID, without a word: who has a chat with it is told `refresh_lid` at the next send. */
export function changeLid(world: World, account: Account): void {
  world.accounts.changeLid(account)
  for (const other of account.directChats) other.staleLids.add(account)
}

/**
 * Gives an account another number, and another LID if wanted. The devices of who has a chat with it are told by a notification
 * `contacts` with `<modify>`, those in its groups by one of the group (names as in WhatsApp Web's schemas).
 */
export function changeNumber(world: World, account: Account, pn: string, { lid }: { lid: boolean }): void {
  const before = { old: account.jid, old_lid: account.lidJid }
  world.accounts.changeNumber(account, pn)
  if (lid) world.accounts.changeLid(account)
  const change = stanza('modify', { ...before, new: account.jid, new_lid: account.lidJid })
  for (const other of account.directChats) notify(world, other, { from: SERVER, type: 'contacts' }, change)
  for (const group of world.groups.values()) {
    if (!group.accounts.has(account)) continue
    const { jid, addressing } = group
    const author = addressing === 'lid' ? before.old_lid : before.old
    const addresses = groupSender(group, account, account)
    const renamed = stanza('participant', {
      jid: addresses.participant,
      phone_number: addresses.participant_pn,
    })
    const about = { from: jid, type: 'w:gp2', participant: author, addressing_mode: addressing }
    for (const member of group.accounts)
      if (member !== account) notify(world, member, about, stanza('modify', {}, [renamed]), jid)
  }
}

function notify(
  world: World,
  to: Account,
  attributes: Record<string, string>,
  content: BinaryNode,
  group?: string,
) {
  for (const device of to.devices.values()) {
    const id = randomBytes(6).toString('hex')
    const node = stanza('notification', { ...attributes, id, t: seconds() }, [content])
    deliver(world, device, {
      kind: 'notification',
      id,
      from: to.pn,
      node,
      peer: false,
      ...(group && { group }),
    })
  }
}
