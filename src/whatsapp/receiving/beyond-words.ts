import type { proto } from '@whiskeysockets/baileys'
import type { ReceivedExtras } from '../../messages/received.ts'
import { readContent } from '../content/read-content.ts'
import { accountJid, isStatus } from '../jid.ts'
import { referralIn } from './referral.ts'

type Context = proto.IContextInfo

/** Who is who to a session. */
export interface People {
  /** One account under its two names, whichever of them is given. */
  identify(jid: string): Promise<{ pn: string | null; lid: string | null }>
  isMe(jid: string): boolean
}

/** A message may name more; nobody reads that, and each of them is looked up. */
const MAX_MENTIONS = 256

/** What stands beside the words of a message, as far as there is anything. */
export async function beyondWords(context: Context, people: People): Promise<ReceivedExtras> {
  const quoted = await quotedIn(context, people)
  const mentions = await mentionsIn(context, people)
  const referral = referralIn(context)
  return {
    ...(quoted && { quoted }),
    ...(mentions.length > 0 && { mentions }),
    ...(mentionsMe(context, people) && { mentions_me: true }),
    ...((context.isForwarded || (context.forwardingScore ?? 0) > 0) && { forwarded: true }),
    ...(context.expiration && { expires_in: context.expiration }),
    ...(referral && { referral }),
  }
}

/** Read from the quote itself: what it answers may never have come here, as a status, or what was said before the link. */
async function quotedIn(
  { stanzaId, participant, remoteJid, quotedMessage }: Context,
  people: People,
): Promise<ReceivedExtras['quoted']> {
  if (!stanzaId) return null
  const author = accountJid(participant)
  const { pn, lid } = author ? await people.identify(author) : { pn: null, lid: null }
  const read = readContent(quotedMessage)
  const said = 'ignored' in read || read.type === 'unsupported' ? null : read
  return {
    message_id: stanzaId,
    from: pn,
    from_lid: lid,
    type: said?.type ?? 'unsupported',
    text: said && (said.body ?? said.caption),
    is_status: isStatus(remoteJid ?? ''),
  }
}

async function mentionsIn({ mentionedJid, groupMentions }: Context, people: People) {
  const accounts = [...namesIn(mentionedJid)].slice(0, MAX_MENTIONS)
  const groups = namesIn((groupMentions ?? []).map(({ groupJid }) => groupJid))
  return [
    ...(await Promise.all(accounts.map(async jid => ({ jid, phone: (await people.identify(jid)).pn })))),
    ...[...groups].slice(0, MAX_MENTIONS).map(jid => ({ jid, phone: null })),
  ]
}

/** By name, or with all others of the group. */
const mentionsMe = ({ mentionedJid, nonJidMentions }: Context, { isMe }: People): boolean =>
  (nonJidMentions ?? 0) > 0 || [...namesIn(mentionedJid)].some(isMe)

const namesIn = (jids: (string | null | undefined)[] | null | undefined): Set<string> =>
  new Set((jids ?? []).flatMap(jid => accountJid(jid) ?? []))
