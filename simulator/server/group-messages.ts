import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { deliver } from '../delivery.ts'
import { type Group, groupSender } from '../groups/group.ts'
import { receive } from '../phones/receive.ts'
import { child, children, seconds, stanza } from '../protocol/stanza.ts'
import { encsOf } from '../signal/enc-nodes.ts'
import { contactOf, type World } from '../world.ts'

/**
 * Hands a device's group message to every phone and linked device of every member but itself: the `<enc type="skmsg">` that all
 * share, after the sender key in `<participants>` that is for this one. A message with `participant` answers a retry receipt and
 * goes to that one alone.
 */
export function routeInGroup(world: World, sender: Device, group: Group, message: BinaryNode): void {
  const shared = children(message).filter(({ tag }) => tag === 'enc')
  const { participant } = message.attrs
  if (participant) {
    const only = world.accounts.resolve(participant)
    if (only && group.accounts.has(only.account))
      handTo(world, sender, group, message, only.account, only.device, shared)
    return
  }
  const own = new Map<string, BinaryNode[]>()
  for (const part of children(child(message, 'participants'))) {
    const found = world.accounts.resolve(part.attrs.jid)
    if (found) own.set(`${found.account.pn}:${found.device}`, children(part))
  }
  for (const account of group.accounts) {
    for (const device of [0, ...account.devices.keys()])
      handTo(world, sender, group, message, account, device, [
        ...(own.get(`${account.pn}:${device}`) ?? []),
        ...shared,
      ])
  }
}

function handTo(
  world: World,
  sender: Device,
  group: Group,
  message: BinaryNode,
  account: Account,
  device: number,
  encs: BinaryNode[],
) {
  const { id, type, edit } = message.attrs
  if (device === 0) {
    if (account === sender.account && !world.options.ownCopies) return
    const addressee = { from: group.jid, participant: group.addressOf(account) }
    const t = String(seconds())
    const incoming = { device: sender, id: id!, t, addressee, group, encs: encsOf(stanza('to', {}, encs)) }
    world.background(receive(world, contactOf(world, account), incoming))
    return
  }
  const companion = account.devices.get(device)
  if (!companion || companion === sender) return
  const identity = child(message, 'device-identity')
  const attributes = {
    ...groupSender(group, sender, sender.account),
    id,
    type,
    edit,
    t: seconds(),
    notify: sender.account.name,
  }
  const node = stanza('message', attributes, identity ? [...encs, identity] : encs)
  deliver(world, companion, {
    kind: 'message',
    id: id!,
    from: sender.account.pn,
    group: group.jid,
    node,
    peer: false,
  })
}
