import { type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import { contactEventOf } from '../../messages/account-event.ts'
import type { AccountHappening } from '../../ports/whatsapp.ts'
import { happenedAt } from './happened-at.ts'
import type { Named, NameOf } from './named.ts'

/**
 * What a notification tells of people: another number (`contacts`, and `modify` in each group that the person is in, which is one
 * event) or another picture (`picture`).
 */
export async function contactChangesIn(
  stanza: BinaryNode,
  nameOf: NameOf,
  now: number,
): Promise<AccountHappening[]> {
  const { type, from, id, t } = stanza.attrs
  const at = happenedAt(stanza, now)
  const changeIn = async (child: BinaryNode): Promise<AccountHappening[]> => {
    const { tag, attrs } = child
    if (type === 'picture' && (tag === 'set' || tag === 'delete')) {
      const who = await nameOf(attrs.jid, from)
      if (who === null) return []
      const event = contactEventOf(who, 'picture', { has_picture: tag === 'set' })
      return [{ key: `contact|${who.jid}|${id}|${t}|picture`, event, happenedAt: at }]
    }
    const [before, after] = await renumbered(stanza, child, nameOf)
    if (!before || !after || (before.phone === after.phone && before.lid === after.lid)) return []
    const event = contactEventOf(after, 'number', { old_jid: before.jid, old_phone: before.phone })
    const key = `contact|${before.phone ?? before.lid}>${after.phone ?? after.lid}|number`
    return [{ key, event, happenedAt: at }]
  }
  const all = await Promise.all(getAllBinaryNodeChildren(stanza).map(changeIn))
  return all.flat()
}

/** Who somebody was and is now, if that is what a notification tells. */
async function renumbered(
  { attrs: { type, participant, participant_pn } }: BinaryNode,
  { tag, attrs, content }: BinaryNode,
  nameOf: NameOf,
): Promise<[Named | null, Named | null]> {
  if (type === 'contacts' && tag === 'modify')
    return [await nameOf(attrs.old, attrs.old_lid), await nameOf(attrs.new, attrs.new_lid)]
  if (type !== 'w:gp2') return [null, null]
  const before = await nameOf(participant, participant_pn)
  if (tag === 'change_number') return [before, await nameOf(attrs.jid, attrs.lid, attrs.phone_number)]
  const now = tag === 'modify' ? getAllBinaryNodeChildren({ tag, attrs, content })[0] : undefined
  return [before, now ? await nameOf(now.attrs.jid, now.attrs.lid, now.attrs.phone_number) : null]
}
