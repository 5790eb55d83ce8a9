import type { WAMessage } from '@whiskeysockets/baileys'
import { type MediaSource, messageKey, noticeKey } from '../../messages/message-ref.ts'
import type { Person } from '../../messages/person.ts'
import type { ReceivedContent } from '../../messages/received.ts'
import type { OriginalMessage } from '../../ports/message-table.ts'
import { UNSUPPORTED } from '../content/message-fields.ts'
import { type Ignored, type ParsedContent, unsupported } from '../content/parsed-content.ts'
import { type RawKind, rawMessage } from '../content/raw-message.ts'
import { readContent } from '../content/read-content.ts'
import { wellFormed } from '../content/well-formed.ts'
import { accountJid, digitsOf, isBroadcast, isGroup, isNewsletter, isStatus, lidOf } from '../jid.ts'
import { messageSecretOf } from '../message-secret.ts'
import { openSealed, type Unopened } from '../sealed/open-sealed.ts'
import { beyondWords, type People } from './beyond-words.ts'

/** What the translation must know of the session and of what it has learnt about others. */
export interface TranslationContext {
  me: { id: string; lid: string | null }
  inboundFromMe: boolean
  inboundIgnore: readonly ('status' | 'newsletter')[]
  inboundRaw?: RawKind
  /** Files lie where their message says, at a simulator's; WhatsApp's own are never looked for anywhere else. */
  foreignMediaHost: boolean
  /** Who has a name (a full jid), as far as more is known than that. */
  personOf(name: string): Promise<Person | null>
  /** Messages under an id, with their secrets: what others add to them is sealed. */
  originals(messageId: string): Promise<OriginalMessage[]>
  /** What a group is called, if it is known. */
  subjectOf(jid: string): string | null
  now(): number
}

/** A message as Laravel is told of it, or why nothing is told. */
export type TranslatedMessage =
  | {
      message: ReceivedContent
      dedupeKey: string
      formerKeys: string[]
      media?: MediaSource
      secret?: Uint8Array
      noticeOf?: string
    }
  | Ignored
  | Unopened

/** WAMessageStubType.CIPHERTEXT: the real message comes later under the same id. */
const CIPHERTEXT = 2
/** By how much WhatsApp's clock may be behind ours, in ms. */
const CLOCKS_DIFFER = 60_000

/** The latest time that a Date can be, in ms. */
const MAX_DATE = 8.64e15

/** What Laravel is told of a message that may be seen once and that no linked device gets. */
const SEEN_ONCE: ParsedContent = { ...unsupported('viewOnceMessage'), extras: { view_once: true } }

/** Translates what Baileys handed over into what Laravel is told, or says why nothing is. */
export async function toReceivedMessage(
  received: WAMessage,
  offline: boolean,
  context: TranslationContext,
): Promise<TranslatedMessage> {
  const { key } = received
  const remote = accountJid(key.remoteJid)
  if (!remote || !key.id) return { ignored: 'no chat or no id' }
  if (received.messageStubType === CIPHERTEXT) return { ignored: 'not decrypted yet' }
  if (isStatus(remote) && context.inboundIgnore.includes('status')) return { ignored: 'a status' }
  if (isNewsletter(remote) && context.inboundIgnore.includes('newsletter')) return { ignored: 'a newsletter' }
  const fromMe = key.fromMe === true
  if (fromMe && !context.inboundFromMe) return { ignored: 'written on the own phone' }
  const isNotice = key.isViewOnce === true && !received.message
  const said = isNotice ? SEEN_ONCE : readContent(received.message)
  if ('ignored' in said) return said

  // In what the phone sends again the author stands beside the key.
  const sender = accountJid(key.participant || received.participant)
  // A broadcast list is answered in the chat with its sender.
  const chat = isBroadcast(remote) && !isStatus(remote) && sender ? sender : remote
  const direct = chat === remote ? [remote, key.remoteJidAlt] : [sender, key.participantAlt]
  const inGroup = isGroup(chat) || isStatus(chat)
  const contact = await identify(inGroup ? [sender, key.participantAlt] : direct, context)
  const author = fromMe ? ownNames(context) : contact
  const at = sentAt(received, context.now())
  const content =
    said.sealed === null
      ? said
      : await openSealed(
          { ...said, sealed: said.sealed },
          {
            jids: fromMe
              ? [context.me.lid, context.me.id]
              : [author.lid, author.pn && `${author.pn}@s.whatsapp.net`, sender ?? remote],
            chat: inGroup ? [chat] : [chat, contact.lid, contact.pn && `${contact.pn}@s.whatsapp.net`],
            at,
          },
          context,
        )
  if ('ignored' in content) return content
  const secret = messageSecretOf(received)
  const isPerson = !inGroup && !isNewsletter(chat)
  const chatId = isPerson ? (contact.chatId ?? chat) : chat
  const { id } = key
  const keyUnder = (name: string) => messageKey(isPerson ? name : chat, inGroup ? name : null, fromMe, id)
  const named = inGroup ? (author.chatId ?? sender ?? '') : chatId
  // What is older than the last that was learnt may have come under another name.
  const isOlder = contact.person !== null && at <= contact.person.learntAt + CLOCKS_DIFFER
  // Everybody else encrypts.
  const file = content.file?.source.mediaKey || isNewsletter(chat) ? content.file : null
  const dedupeKey = keyUnder(named)
  return {
    ...(file && {
      media: { ...file.source, host: context.foreignMediaHost ? file.source.host : null },
    }),
    ...(secret && { secret }),
    ...(isNotice ? { dedupeKey: noticeKey(dedupeKey), noticeOf: dedupeKey } : { dedupeKey }),
    formerKeys: isOlder ? (contact.person?.names ?? []).filter(name => name !== named).map(keyUnder) : [],
    message: wellFormed({
      message_id: key.id,
      from: author.pn,
      from_lid: author.lid,
      from_me: fromMe,
      chat_id: chatId,
      participant: inGroup ? sender : null,
      is_group: isGroup(chat),
      subject: isGroup(chat) ? context.subjectOf(chat) : null,
      push_name: received.pushName || null,
      type: content.type,
      body: content.body,
      caption: content.caption,
      media: file?.media ?? null,
      reply_to: content.replyTo,
      ...(author.username !== null && { username: author.username }),
      ...content.extras,
      ...(content.context && (await beyondWords(content.context, peopleOf(context)))),
      ...rawOf(received, content.type, context),
      timestamp: new Date(at).toISOString(),
      offline,
    }),
  }
}

/** All that was decoded, if it is wanted. */
function rawOf({ message }: WAMessage, type: string, { inboundRaw }: TranslationContext) {
  const wanted = inboundRaw === 'all' || (inboundRaw === 'unsupported' && type === UNSUPPORTED)
  return wanted && message ? { raw: rawMessage(message) } : {}
}

/** One account under its names. The alternative address of an own message may be the own account's: it is no name of the chat. */
async function identify(jids: (string | null | undefined)[], context: TranslationContext) {
  const own = [accountJid(context.me.id), accountJid(context.me.lid)]
  const [first, alternative] = jids.map(accountJid)
  const names = [
    first,
    own.includes(alternative ?? null) && !own.includes(first ?? null) ? null : alternative,
  ]
  const number = names.find(name => digitsOf(name) !== null) ?? null
  const lid = names.map(lidOf).find(Boolean) ?? null
  const person =
    (lid && (await context.personOf(lid))) || (number && (await context.personOf(number))) || null
  return {
    pn: digitsOf(number ?? person?.number),
    lid: lid ?? person?.lid ?? null,
    chatId: person?.chatId ?? lid ?? number,
    username: person?.username ?? null,
    person,
  }
}

const ownNames = ({ me }: TranslationContext): Awaited<ReturnType<typeof identify>> => {
  const lid = lidOf(me.lid)
  return { pn: digitsOf(me.id), lid, chatId: lid, username: null, person: null }
}

const peopleOf = (context: TranslationContext): People => {
  const own = [accountJid(context.me.id), accountJid(context.me.lid)]
  const isMe = (jid: string) => own.includes(jid)
  return { isMe, identify: async jid => (isMe(jid) ? ownNames(context) : identify([jid], context)) }
}

/** Baileys gives seconds, as a number or as a Long; what is no time is now. */
function sentAt(received: WAMessage, now: number): number {
  const at = Number(received.messageTimestamp ?? 0) * 1000
  return at > 0 && at <= MAX_DATE ? at : now
}
