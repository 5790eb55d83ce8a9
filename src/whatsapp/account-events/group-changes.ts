import { type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { GroupEvent } from '../../messages/account-event.ts'
import type { AccountHappening } from '../../ports/whatsapp.ts'
import { isGroup } from '../jid.ts'
import { happenedAt } from './happened-at.ts'
import type { Named, NameOf } from './named.ts'

type Change = Pick<GroupEvent, 'action'> & Partial<Pick<GroupEvent, 'participants' | 'subject' | 'setting'>>

interface Notified {
  child: BinaryNode
  author: Named | null
  people: Named[]
}

const settings = ({ child }: Notified): Change => ({
  action: 'settings',
  setting: { name: child.tag, value: settingOf(child) },
})

/**
 * What each child of a group's notification means; names and contents as in WhatsApp Web's schemas. A child that is not here tells
 * of no change that Laravel is told: wishes to be let in (`membership_approval_request`, `created_membership_requests`,
 * `revoked_membership_requests`), what happened in other groups of a community (`linked_group_…`), a member's number (`modify`,
 * `change_number`: contact-changes.ts), `groups_dirty`.
 */
const CHANGES: Record<string, (notified: Notified) => Change> = {
  add: ({ people }) => ({ action: 'add', participants: people }),
  // Whoever removes nobody but himself leaves.
  remove: ({ people, author }) => ({
    action: people.length === 1 && author !== null && isSame(people[0]!, author) ? 'leave' : 'remove',
    participants: people,
  }),
  leave: ({ people }) => ({ action: 'leave', participants: people }),
  promote: ({ people }) => ({ action: 'promote', participants: people }),
  demote: ({ people }) => ({ action: 'demote', participants: people }),
  subject: ({ child }) => ({ action: 'subject', subject: child.attrs.subject ?? '' }),
  description: () => ({ action: 'description' }),
  // A new group: all of its members were added.
  create: ({ people, child }) => ({
    action: 'add',
    participants: people,
    subject: getAllBinaryNodeChildren(child).find(({ tag }) => tag === 'group')?.attrs.subject ?? null,
  }),
  // The group is no more: all were removed.
  delete: ({ people }) => ({ action: 'remove', participants: people }),
  ...Object.fromEntries(
    [
      ...['announcement', 'not_announcement', 'locked', 'unlocked', 'ephemeral', 'not_ephemeral', 'invite'],
      ...['membership_approval_mode', 'member_add_mode', 'member_link_mode', 'link', 'unlink'],
      ...['member_share_group_history_mode', 'allow_non_admin_sub_group_creation', 'limit_sharing_enabled'],
      ...['suspended', 'unsuspended', 'growth_locked', 'growth_unlocked'],
    ].map(tag => [tag, settings]),
  ),
}

/** What a notification of type `w:gp2` tells: one event for each of its children, in order. */
export async function groupChangesIn(
  stanza: BinaryNode,
  nameOf: NameOf,
  now: number,
): Promise<AccountHappening[]> {
  const { from = '', id, t, participant, participant_pn, participant_lid } = stanza.attrs
  if (!isGroup(from)) return []
  const author = await nameOf(participant, participant_pn, participant_lid)
  const changeIn = async (child: BinaryNode, index: number): Promise<AccountHappening[]> => {
    const read = Object.hasOwn(CHANGES, child.tag) ? CHANGES[child.tag]! : null
    if (read === null) return []
    const people = await peopleIn(child, nameOf)
    const { action, participants = [], subject = null, setting = null } = read({ child, author, people })
    const event: GroupEvent = {
      type: 'group',
      jid: from,
      action,
      author: author?.jid ?? null,
      author_phone: author?.phone ?? null,
      participants: participants.map(({ jid, phone }) => ({ jid, phone })),
      subject,
      setting,
    }
    return [{ key: `group|${from}|${id}|${t}|${index}`, event, happenedAt: happenedAt(stanza, now) }]
  }
  const all = await Promise.all(getAllBinaryNodeChildren(stanza).map(changeIn))
  return all.flat()
}

/** The picture of a group is one of its settings, in a notification of its own type. */
export async function groupPictureIn(
  stanza: BinaryNode,
  nameOf: NameOf,
  now: number,
): Promise<AccountHappening[]> {
  const { from = '', id, t } = stanza.attrs
  const [change] = getAllBinaryNodeChildren(stanza)
  if (!isGroup(from) || !change) return []
  const author = await nameOf(change.attrs.author, stanza.attrs.participant)
  const event: GroupEvent = {
    type: 'group',
    jid: from,
    action: 'settings',
    author: author?.jid ?? null,
    author_phone: author?.phone ?? null,
    participants: [],
    subject: null,
    setting: { name: 'picture', value: change.tag },
  }
  return [{ key: `group|${from}|${id}|${t}|picture`, event, happenedAt: happenedAt(stanza, now) }]
}

async function peopleIn(child: BinaryNode, nameOf: NameOf): Promise<Named[]> {
  const inPart = async (part: BinaryNode): Promise<Named[]> => {
    if (part.tag === 'group') return peopleIn(part, nameOf)
    const named =
      part.tag === 'participant'
        ? await nameOf(part.attrs.jid, part.attrs.lid, part.attrs.phone_number)
        : null
    return named === null ? [] : [named]
  }
  const all = await Promise.all(getAllBinaryNodeChildren(child).map(inPart))
  return all.flat()
}

const isSame = (one: Named, other: Named) =>
  one.jid === other.jid ||
  (one.lid !== null && one.lid === other.lid) ||
  (one.phone !== null && one.phone === other.phone)

/** The value beside a setting's name: its text, an attribute, or that of its child. */
function settingOf({ attrs, content }: BinaryNode): string | null {
  if (content instanceof Uint8Array) return Buffer.from(content).toString()
  if (typeof content === 'string') return content
  const inside = Array.isArray(content) ? content[0]?.attrs.state : undefined
  return inside ?? attrs.state ?? attrs.expiration ?? attrs.reason ?? null
}
