import { randomInt } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account } from '../accounts/account.ts'
import { deliver } from '../delivery.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import { type Group, groupNode, groupSender } from './group.ts'

/** One change of a group; people are phone numbers. */
export type GroupChange =
  | { add: string[]; reason?: 'invite' | 'accept' | 'auto_add' | 'linked_group_join' }
  /** Whoever removes nobody but himself leaves. */
  | { remove: string[]; reason?: string }
  | { promote: string[] }
  | { demote: string[] }
  | { subject: string }
  /** null deletes it. */
  | { description: string | null }
  /** A child without people: `announcement`, `not_ephemeral`, `invite`, `member_add_mode`, `suspended`… */
  | { setting: string; attributes?: Record<string, string>; words?: string; children?: BinaryNode[] }
  /** Somebody wants to be let in, asked for by the author. */
  | { asks: string; method?: string }
  /** The author, who is in it no member, wants to be let in. */
  | { wishes: true }
  /** Such a wish is taken back, or refused when the author is another. */
  | { revokes: string }
  /** The author, a member, has another number now. */
  | { newNumber: string }
  /** The group is new to all its members. */
  | { create: true }
  | { delete: true }

export type ChangeOptions = {
  /** The phone number of who did it; nobody is named without. */
  author?: string
  /** Whether people named by LID come with their phone numbers; true unless told otherwise. */
  numbers?: boolean
}

/**
 * Changes a group and tells every linked device of every member, those who are put out included: one notification with a child for
 * each change. Kept until acknowledged; returns its id.
 */
export function changeGroup(
  world: World,
  group: Group,
  changes: GroupChange[],
  { author, numbers = true }: ChangeOptions = {},
): string {
  const by = author === undefined ? undefined : world.accounts.ensure(author)
  const told = new Set(group.accounts)
  const children = changes.map(change => {
    const node = childOf(world, group, change, by, numbers)
    if ('add' in change) for (const pn of change.add) group.add(pn)
    for (const account of group.accounts) told.add(account)
    if ('remove' in change) for (const pn of change.remove) group.remove(pn)
    if ('subject' in change) group.subject = change.subject
    if ('setting' in change && /^(?:not_)?ephemeral$/.test(change.setting))
      group.timer = {
        expiration: Number(change.attributes?.expiration ?? 0),
        setAt: Math.max(seconds(), (group.timer?.setAt ?? 0) + 1),
      }
    return node
  })
  return notify(world, group, told, by, numbers, children)
}

/** Tells members that these groups must be asked for again. */
export function tellDirty(world: World, group: Group): void {
  const dirty = stanza('groups_dirty', {}, [stanza('group', { jid: group.jid })])
  for (const account of group.accounts) send(world, account, account.pn, { from: 'g.us' }, [dirty])
}

function notify(
  world: World,
  group: Group,
  told: Iterable<Account>,
  by: Account | undefined,
  numbers: boolean,
  children: BinaryNode[],
): string {
  const { participant_pn, ...named } = by
    ? groupSender(group, by, by)
    : { from: group.jid, participant_pn: undefined }
  const mode = { addressing_mode: group.addressing }
  const attributes = { ...named, participant_pn: numbers ? participant_pn : undefined, ...mode }
  const id = String(randomInt(1e9))
  for (const account of told) send(world, account, (by ?? account).pn, attributes, children, id)
  return id
}

function send(
  world: World,
  to: Account,
  from: string,
  attributes: Record<string, string | undefined>,
  children: BinaryNode[],
  id = String(randomInt(1e9)),
) {
  const node = stanza('notification', { ...attributes, type: 'w:gp2', id, t: seconds() }, children)
  for (const device of to.devices.values())
    deliver(world, device, { kind: 'notification', id, from, node, peer: false })
}

/** The child of the notification, with the names of `handleGroupNotification` in Baileys. */
function childOf(
  world: World,
  group: Group,
  change: GroupChange,
  by: Account | undefined,
  numbers: boolean,
): BinaryNode {
  const person = (pn: string, tag = 'participant', more = {}) => {
    const account = world.accounts.ensure(pn)
    const other = group.addressing === 'lid' ? { phone_number: account.jid } : { lid: account.lidJid }
    return stanza(tag, { jid: group.addressOf(account), ...(numbers && other), ...more })
  }
  const people = (pns: string[], more = {}) => pns.map(pn => person(pn, 'participant', more))
  if ('add' in change) return stanza('add', { reason: change.reason }, people(change.add))
  if ('remove' in change) return stanza('remove', { reason: change.reason }, people(change.remove))
  if ('promote' in change) return stanza('promote', {}, people(change.promote, { type: 'admin' }))
  if ('demote' in change) return stanza('demote', {}, people(change.demote))
  if ('subject' in change) {
    const owner = by && { s_o: group.addressOf(by), ...(numbers && { s_o_pn: by.jid }) }
    return stanza('subject', { subject: change.subject, ...owner, s_t: seconds() })
  }
  if ('description' in change) {
    const { description } = change
    const content = description === null ? stanza('delete') : stanza('body', {}, Buffer.from(description))
    return stanza('description', { id: String(randomInt(1e9)) }, [content])
  }
  if ('asks' in change) {
    const method = { request_method: change.method ?? 'non_admin_add' }
    return stanza('created_membership_requests', method, [person(change.asks, 'requested_user')])
  }
  if ('wishes' in change) return stanza('membership_approval_request', { request_method: 'invite_link' })
  if ('revokes' in change) return stanza('revoked_membership_requests', {}, people([change.revokes]))
  if ('newNumber' in change) return stanza('modify', {}, people([change.newNumber]))
  if ('create' in change) return stanza('create', { type: 'new' }, [groupNode(group)])
  if ('delete' in change) return stanza('delete')
  const { setting, attributes, words, children } = change
  return stanza(setting, attributes, words === undefined ? children : Buffer.from(words))
}
