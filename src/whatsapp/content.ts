import type { proto } from '@whiskeysockets/baileys'

/** What a message says, as far as Laravel is told. */
export interface Content {
  type: string
  body: string | null
  caption: string | null
  /** The id of the message that this one answers or reacts to. */
  replyTo: string | null
}

type Message = proto.IMessage
type Field = keyof Message
type Read = (message: Message) => Partial<Content> & { type: string }

const text = (body: (message: Message) => string | null | undefined): Read => {
  return message => ({ type: 'text', body: body(message) ?? null })
}
const media = (type: string, caption: (message: Message) => string | null | undefined = () => null): Read => {
  return message => ({ type, caption: caption(message) || null })
}
const poll = (name: (message: Message) => string | null | undefined): Read => {
  return message => ({ type: 'poll', body: name(message) ?? null })
}
const unsupported: Read = () => ({ type: 'unsupported' })

/** The message lies inside. */
const WRAPPER = 'wrapper'
/** Not something a person wrote: `ignored` says why it is dropped. */
const ignored = (why: string) => ({ ignored: why })

/** Everything WhatsApp can put into a message; a field that Baileys learns later does not compile until it stands here. */
const FIELDS: Record<Field, Read | typeof WRAPPER | { ignored: string }> = {
  conversation: text(m => m.conversation),
  extendedTextMessage: text(m => m.extendedTextMessage?.text),
  // Taps on a button are answers in words.
  buttonsResponseMessage: text(m => m.buttonsResponseMessage?.selectedDisplayText),
  listResponseMessage: text(m => m.listResponseMessage?.title),
  templateButtonReplyMessage: text(m => m.templateButtonReplyMessage?.selectedDisplayText),
  interactiveResponseMessage: text(m => m.interactiveResponseMessage?.body?.text),

  imageMessage: media('image', m => m.imageMessage?.caption),
  videoMessage: media('video', m => m.videoMessage?.caption),
  ptvMessage: media('video', m => m.ptvMessage?.caption),
  audioMessage: media('audio'),
  documentMessage: media('document', m => m.documentMessage?.caption),
  stickerMessage: media('sticker'),
  locationMessage: media('location'),
  liveLocationMessage: media('location', m => m.liveLocationMessage?.caption),
  contactMessage: media('contact'),
  contactsArrayMessage: media('contact'),
  reactionMessage: m => ({
    type: 'reaction',
    body: m.reactionMessage?.text ?? '',
    replyTo: m.reactionMessage?.key?.id ?? null,
  }),
  pollCreationMessage: poll(m => m.pollCreationMessage?.name),
  pollCreationMessageV2: poll(m => m.pollCreationMessageV2?.name),
  pollCreationMessageV3: poll(m => m.pollCreationMessageV3?.name),
  pollCreationMessageV5: poll(m => m.pollCreationMessageV5?.name),

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

  bcallMessage: unsupported,
  buttonsMessage: unsupported,
  cancelPaymentRequestMessage: unsupported,
  commentMessage: unsupported,
  declinePaymentRequestMessage: unsupported,
  encCommentMessage: unsupported,
  encEventResponseMessage: unsupported,
  encReactionMessage: unsupported,
  eventCoverImage: unsupported,
  eventMessage: unsupported,
  groupInviteMessage: unsupported,
  highlyStructuredMessage: unsupported,
  interactiveMessage: unsupported,
  invoiceMessage: unsupported,
  listMessage: unsupported,
  newsletterAdminInviteMessage: unsupported,
  newsletterFollowerInviteMessageV2: unsupported,
  orderMessage: unsupported,
  paymentInviteMessage: unsupported,
  placeholderMessage: unsupported,
  pollCreationOptionImageMessage: unsupported,
  pollResultSnapshotMessage: unsupported,
  pollResultSnapshotMessageV3: unsupported,
  pollUpdateMessage: unsupported,
  productMessage: unsupported,
  questionResponseMessage: unsupported,
  requestPaymentMessage: unsupported,
  requestPhoneNumberMessage: unsupported,
  richResponseMessage: unsupported,
  scheduledCallCreationMessage: unsupported,
  scheduledCallEditMessage: unsupported,
  secretEncryptedMessage: unsupported,
  sendPaymentMessage: unsupported,
  statusAddYours: unsupported,
  statusQuestionAnswerMessage: unsupported,
  statusQuotedMessage: unsupported,
  statusStickerInteractionMessage: unsupported,
  stickerPackMessage: unsupported,
  templateMessage: unsupported,

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
  protocolMessage: ignored(
    'keys, history, settings, edits and deletions; edits and deletions come with a later topic',
  ),
  senderKeyDistributionMessage: ignored('a Signal key'),
  statusMentionMessage: ignored('a notice about a status'),
  statusNotificationMessage: ignored('a notice about a status'),
  stickerSyncRmrMessage: ignored('app state'),
}

/** Reads a decrypted message, through all its wrappers; says why when there is nothing for Laravel in it. */
export function readContent(message: Message | null | undefined): Content | { ignored: string } {
  let inner = message
  let why = 'empty'
  // Five wrappers deep is what WhatsApp's own clients accept; a longer chain is hostile.
  for (let depth = 0; inner && depth < 6; depth++) {
    let wrapped: Message | null | undefined
    for (const field of fieldsOf(inner)) {
      const kind = FIELDS[field]
      if (kind === undefined) return { type: 'unsupported', body: null, caption: null, replyTo: null }
      if (kind === WRAPPER) wrapped = insideOf(inner, field)
      else if ('ignored' in kind) why = kind.ignored
      else return { body: null, caption: null, replyTo: repliesTo(inner, field), ...kind(inner) }
    }
    inner = wrapped
  }
  return { ignored: why }
}

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
