import type { proto } from '@whiskeysockets/baileys'
import { readNotice } from './protocol-messages.ts'
import { type FilePart, type ReceivedFile, receivedFile } from './received-file.ts'

/** What a message says, as far as Laravel is told. */
export interface Content {
  type: string
  /** The words; of a location `latitude,longitude`, of contacts their vCards, of what is unsupported its name. */
  body: string | null
  /** The words under a file; of a location its name and address, of contacts their names, of a poll its options, each on a line. */
  caption: string | null
  /** The id of the message that this one answers, reacts to, edits, deletes or votes in. */
  replyTo: string | null
  file: ReceivedFile | null
  /** A vote, still sealed: it is read where the poll is known. */
  vote: proto.Message.IPollUpdateMessage | null
}

type Message = proto.IMessage
type Field = keyof Message
type Dropped = { ignored: string }
type Said = Partial<Content> & { type: string }
type Read = (message: Message) => Said | Dropped

const text = (body: (message: Message) => string | null | undefined): Read => {
  return message => ({ type: 'text', body: body(message) ?? null })
}
const media = (
  type: 'image' | 'video' | 'audio' | 'document' | 'sticker',
  part: (message: Message) => (FilePart & { caption?: string | null }) | null | undefined,
): Read => {
  return message => {
    const said = part(message)
    return { type, caption: said?.caption || null, file: receivedFile(type, said) }
  }
}
const location = (
  part: (
    message: Message,
  ) => proto.Message.ILocationMessage | proto.Message.ILiveLocationMessage | null | undefined,
): Read => {
  return message => {
    const { degreesLatitude, degreesLongitude, ...said } = part(message) ?? {}
    const words = 'caption' in said ? [said.caption] : 'name' in said ? [said.name, said.address] : []
    return {
      type: 'location',
      body: `${degreesLatitude ?? 0},${degreesLongitude ?? 0}`,
      caption: lines(words),
    }
  }
}
const contacts = (
  part: (message: Message) => (proto.Message.IContactMessage | null | undefined)[] | null | undefined,
): Read => {
  return message => {
    const all = part(message) ?? []
    return {
      type: 'contact',
      body: lines(all.map(one => one?.vcard)),
      caption: lines(all.map(one => one?.displayName)),
    }
  }
}
const poll = (part: (message: Message) => proto.Message.IPollCreationMessage | null | undefined): Read => {
  return message => {
    const { name, options } = part(message) ?? {}
    return { type: 'poll', body: name ?? null, caption: lines((options ?? []).map(one => one.optionName)) }
  }
}
/** Something that a person sent and nobody here can read. */
const UNSUPPORTED = 'unsupported'
/** The message lies inside. */
const WRAPPER = 'wrapper'
/** Not something a person wrote: `ignored` says why it is dropped. */
const ignored = (why: string) => ({ ignored: why })

/** Everything WhatsApp can put into a message; a field that Baileys learns later does not compile until it stands here. */
const FIELDS: Record<Field, Read | typeof WRAPPER | typeof UNSUPPORTED | Dropped> = {
  conversation: text(m => m.conversation),
  extendedTextMessage: text(m => m.extendedTextMessage?.text),
  // Taps on a button are answers in words.
  buttonsResponseMessage: text(m => m.buttonsResponseMessage?.selectedDisplayText),
  listResponseMessage: text(m => m.listResponseMessage?.title),
  templateButtonReplyMessage: text(m => m.templateButtonReplyMessage?.selectedDisplayText),
  interactiveResponseMessage: text(m => m.interactiveResponseMessage?.body?.text),

  imageMessage: media('image', m => m.imageMessage),
  videoMessage: media('video', m => m.videoMessage),
  ptvMessage: media('video', m => m.ptvMessage),
  audioMessage: media('audio', m => m.audioMessage),
  documentMessage: media('document', m => m.documentMessage),
  stickerMessage: media('sticker', m => m.stickerMessage),
  locationMessage: location(m => m.locationMessage),
  liveLocationMessage: location(m => m.liveLocationMessage),
  contactMessage: contacts(m => [m.contactMessage]),
  contactsArrayMessage: contacts(m => m.contactsArrayMessage?.contacts),
  reactionMessage: m => ({
    type: 'reaction',
    body: m.reactionMessage?.text ?? '',
    replyTo: m.reactionMessage?.key?.id || null,
  }),
  pollCreationMessage: poll(m => m.pollCreationMessage),
  pollCreationMessageV2: poll(m => m.pollCreationMessageV2),
  pollCreationMessageV3: poll(m => m.pollCreationMessageV3),
  pollCreationMessageV5: poll(m => m.pollCreationMessageV5),
  pollUpdateMessage: m => ({
    type: 'poll_vote',
    replyTo: m.pollUpdateMessage?.pollCreationMessageKey?.id || null,
    vote: m.pollUpdateMessage ?? null,
  }),
  groupInviteMessage: m => ({
    type: 'group_invite',
    body: m.groupInviteMessage?.groupName || null,
    caption: m.groupInviteMessage?.caption || null,
  }),
  protocolMessage: m => noticed(m.protocolMessage ?? {}),

  ephemeralMessage: WRAPPER,
  viewOnceMessage: WRAPPER,
  viewOnceMessageV2: WRAPPER,
  viewOnceMessageV2Extension: WRAPPER,
  documentWithCaptionMessage: WRAPPER,
  deviceSentMessage: WRAPPER,
  groupMentionedMessage: WRAPPER,
  botInvokeMessage: WRAPPER,
  botForwardedMessage: WRAPPER,
  lottieStickerMessage: WRAPPER,
  associatedChildMessage: WRAPPER,
  editedMessage: WRAPPER,
  pollCreationMessageV4: WRAPPER,
  questionMessage: WRAPPER,
  questionReplyMessage: WRAPPER,
  groupStatusMessage: WRAPPER,
  groupStatusMessageV2: WRAPPER,

  bcallMessage: UNSUPPORTED,
  buttonsMessage: UNSUPPORTED,
  cancelPaymentRequestMessage: UNSUPPORTED,
  commentMessage: UNSUPPORTED,
  declinePaymentRequestMessage: UNSUPPORTED,
  encCommentMessage: UNSUPPORTED,
  encEventResponseMessage: UNSUPPORTED,
  encReactionMessage: UNSUPPORTED,
  eventCoverImage: UNSUPPORTED,
  eventMessage: UNSUPPORTED,
  highlyStructuredMessage: UNSUPPORTED,
  interactiveMessage: UNSUPPORTED,
  invoiceMessage: UNSUPPORTED,
  listMessage: UNSUPPORTED,
  newsletterAdminInviteMessage: UNSUPPORTED,
  newsletterFollowerInviteMessageV2: UNSUPPORTED,
  orderMessage: UNSUPPORTED,
  paymentInviteMessage: UNSUPPORTED,
  placeholderMessage: UNSUPPORTED,
  pollCreationOptionImageMessage: UNSUPPORTED,
  pollResultSnapshotMessage: UNSUPPORTED,
  pollResultSnapshotMessageV3: UNSUPPORTED,
  productMessage: UNSUPPORTED,
  questionResponseMessage: UNSUPPORTED,
  requestPaymentMessage: UNSUPPORTED,
  requestPhoneNumberMessage: UNSUPPORTED,
  richResponseMessage: UNSUPPORTED,
  scheduledCallCreationMessage: UNSUPPORTED,
  scheduledCallEditMessage: UNSUPPORTED,
  secretEncryptedMessage: UNSUPPORTED,
  sendPaymentMessage: UNSUPPORTED,
  statusAddYours: UNSUPPORTED,
  statusQuestionAnswerMessage: UNSUPPORTED,
  statusQuotedMessage: UNSUPPORTED,
  statusStickerInteractionMessage: UNSUPPORTED,
  stickerPackMessage: UNSUPPORTED,
  templateMessage: UNSUPPORTED,

  albumMessage: ignored('only announces pictures, which come one by one'),
  botTaskMessage: ignored('bookkeeping of a bot'),
  call: ignored('a call, not a message'),
  callLogMesssage: ignored('a call, not a message'),
  chat: ignored('no longer used'),
  fastRatchetKeySenderKeyDistributionMessage: ignored('a Signal key'),
  groupStatusMentionMessage: ignored('a notice about a status'),
  keepInChatMessage: ignored('marks another message'),
  limitSharingMessage: ignored('a setting of the chat'),
  messageContextInfo: ignored('accompanies a message'),
  messageHistoryBundle: ignored('history'),
  messageHistoryNotice: ignored('history'),
  pinInChatMessage: ignored('marks another message'),
  senderKeyDistributionMessage: ignored('a Signal key'),
  statusMentionMessage: ignored('a notice about a status'),
  statusNotificationMessage: ignored('a notice about a status'),
  stickerSyncRmrMessage: ignored('app state'),
}

/**
 * Reads a decrypted message, through all its wrappers; says why when there is nothing for Laravel in it. What is newer than this
 * program is `unsupported`, too: protobuf leaves out the fields that it does not know.
 */
export function readContent(message: Message | null | undefined): Content | Dropped {
  return message ? readWithin(message, 'unknown', DEEPEST) : { ignored: 'no content' }
}

/** Wrappers deep; WhatsApp's own clients accept no more, and a longer chain is hostile. */
const DEEPEST = 5

/** `name` is what the message is called if nothing is in it. */
function readWithin(message: Message, name: string, depth: number): Content | Dropped {
  const wrapped: Field[] = []
  let dropped: Dropped | null = null
  for (const field of fieldsOf(message)) {
    const kind = FIELDS[field] as (typeof FIELDS)[Field] | undefined
    if (kind === undefined || kind === UNSUPPORTED) return unsupported(field)
    if (kind === WRAPPER) wrapped.push(field)
    else if (typeof kind === 'function') {
      const said = kind(message)
      if (!('ignored' in said)) return { ...NOTHING, replyTo: repliesTo(message, field), ...said }
      dropped = said
    } else if (field !== 'messageContextInfo') dropped = kind
  }
  for (const field of wrapped) {
    const inner = insideOf(message, field)
    const said = inner && depth > 0 ? readWithin(inner, field, depth - 1) : unsupported(field)
    if (!('ignored' in said)) return said
    dropped = said
  }
  return dropped ?? unsupported(name)
}

const NOTHING = { body: null, caption: null, replyTo: null, file: null, vote: null }

/** What a person sent and this program cannot read; `name` is WhatsApp's own for it. */
export function unsupported(name: string): Content {
  return { ...NOTHING, type: 'unsupported', body: name }
}

/** Edits and deletions are messages about another one. */
function noticed(protocolMessage: proto.Message.IProtocolMessage): Said | Dropped {
  const notice = readNotice(protocolMessage)
  if ('unknown' in notice) return unsupported(notice.unknown)
  if ('ignored' in notice) return notice
  if (notice.about === 'delete') return { type: 'delete', replyTo: notice.id }
  const now = readContent(notice.message)
  return {
    type: 'edit',
    body: 'ignored' in now ? null : (now.body ?? now.caption),
    replyTo: notice.id,
  }
}

const lines = (all: (string | null | undefined)[]) => all.filter(Boolean).join('\n') || null

function fieldsOf(message: Message): Field[] {
  return (Object.keys(message) as Field[]).filter(
    field => message[field] !== null && message[field] !== undefined,
  )
}

function insideOf(message: Message, field: Field): Message | null | undefined {
  const wrapper = message[field]
  return typeof wrapper === 'object' && wrapper !== null && 'message' in wrapper
    ? (wrapper.message as Message | null | undefined)
    : null
}

function repliesTo(message: Message, field: Field): string | null {
  const value = message[field]
  if (typeof value !== 'object' || value === null || !('contextInfo' in value)) return null
  const context = value.contextInfo as proto.IContextInfo | null | undefined
  return context?.stanzaId || null
}
