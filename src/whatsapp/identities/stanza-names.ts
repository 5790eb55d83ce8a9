import { type BinaryNode, getAllBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { Naming } from '../../messages/person.ts'
import { accountJid } from '../jid.ts'
import { namingOf } from './people.ts'

type Attributes = BinaryNode['attrs']

/**
 * Who is called how, as far as a stanza says: the attributes beside an address (by stanza as in WhatsApp Web's schemas), those of the
 * people listed in it, and changes of a number. Nothing for most stanzas that name one address alone.
 */
export function namingsIn(stanza: BinaryNode): Naming[] {
  const { tag, attrs } = stanza
  const found: (Naming | null)[] = [besideAddress(attrs)]
  if (tag === 'call') {
    for (const child of getAllBinaryNodeChildren(stanza))
      found.push(
        namingOf(child.attrs['call-creator'] ?? attrs.from, {
          number: child.attrs.caller_pn,
          lid: child.attrs.caller_lid,
          username: child.attrs.username,
        }),
      )
  } else if (tag !== 'message' || attrs.from?.endsWith('@broadcast')) listedIn(stanza, found)
  return found.filter(naming => naming !== null)
}

/** Of a group the author, of an own message who it went to, else the sender. */
function besideAddress(attrs: Attributes): Naming | null {
  if (attrs.participant)
    return namingOf(attrs.participant, {
      number: attrs.participant_pn ?? attrs.sender_pn,
      lid: attrs.participant_lid ?? attrs.sender_lid,
      username: attrs.participant_username,
    })
  if (attrs.recipient)
    return namingOf(attrs.recipient, {
      number: attrs.peer_recipient_pn ?? attrs.recipient_pn ?? attrs.peer_participant_pn,
      lid: attrs.peer_recipient_lid ?? attrs.recipient_lid,
      username: attrs.peer_recipient_username ?? attrs.recipient_username,
    })
  return namingOf(attrs.from, {
    number: attrs.sender_pn ?? attrs.participant_pn,
    lid: attrs.sender_lid ?? attrs.lid,
    username: attrs.username ?? attrs.participant_username,
  })
}

/** People in lists: participants of a group, recipients of a broadcast, readers of a receipt, entries of a block list. */
function listedIn(node: BinaryNode, found: (Naming | null)[]): void {
  for (const child of getAllBinaryNodeChildren(node)) {
    const { attrs } = child
    if (attrs.jid !== undefined)
      found.push(
        namingOf(attrs.jid, {
          number: attrs.phone_number ?? attrs.pn_jid ?? attrs.peer_recipient_pn ?? attrs.participant_pn,
          lid: attrs.lid ?? attrs.peer_recipient_lid,
          username: attrs.username,
        }),
      )
    if (child.tag === 'modify' && attrs.old !== undefined) found.push(changeIn(attrs))
    listedIn(child, found)
  }
}

/** `<modify old new old_lid new_lid>`: a contact has another number. */
function changeIn(attrs: Attributes): Naming | null {
  const was = [attrs.old_lid, attrs.old].map(accountJid).filter(name => name !== null)
  const naming = { number: accountJid(attrs.new), lid: accountJid(attrs.new_lid), was }
  return naming.number === null && naming.lid === null ? null : naming
}

/**
 * A member of a group has another number: `<modify>` with a participant, or `<change_number jid>`, beside the author. One of the two is
 * the name of before: the one that is known.
 */
export async function changeInGroup(
  stanza: BinaryNode,
  isKnown: (name: string) => Promise<boolean>,
): Promise<Naming | null> {
  const author = accountJid(stanza.attrs.participant)
  const change = getAllBinaryNodeChildren(stanza).find(
    ({ tag }) => tag === 'modify' || tag === 'change_number',
  )
  if (stanza.attrs.type !== 'w:gp2' || !change || author === null) return null
  const [listed] = change.tag === 'modify' ? getAllBinaryNodeChildren(change) : [change]
  const jid = accountJid(listed?.attrs.jid)
  if (!listed || jid === null) return null
  const written = {
    ...nameOf(jid),
    ...(listed.attrs.phone_number && { number: accountJid(listed.attrs.phone_number) }),
    ...(listed.attrs.lid && { lid: accountJid(listed.attrs.lid) }),
  }
  if (author === jid || (await isKnown(author)) || !(await isKnown(jid))) return { ...written, was: [author] }
  return { ...nameOf(author), was: [jid] }
}

const nameOf = (jid: string) => (jid.endsWith('@lid') ? { lid: jid } : { number: jid })
