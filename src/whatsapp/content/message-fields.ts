import type { proto } from '@whiskeysockets/baileys'
import { buttons, interactive, list, structured, template, worded } from './business-readers.ts'
import { type ContentReader, contacts, location, media, poll, text } from './content-readers.ts'
import { type Ignored, ignored } from './parsed-content.ts'
import { order, product } from './product-readers.ts'
import { tappedButton, tappedFlow, tappedRow, tappedTemplate } from './tap-readers.ts'

/** Something that a person sent and nobody here can read. */
export const UNSUPPORTED = 'unsupported'
/** The message lies inside. */
export const WRAPPER = 'wrapper'
/** Edits, deletions and what devices tell each other (protocol-messages.ts). */
export const PROTOCOL = 'protocol'

/** Everything WhatsApp can put into a message; a field that Baileys learns later does not compile until it stands here. */
export const FIELDS: Record<
  keyof proto.IMessage,
  ContentReader | typeof WRAPPER | typeof UNSUPPORTED | typeof PROTOCOL | Ignored
> = {
  conversation: text(m => m.conversation),
  extendedTextMessage: text(m => m.extendedTextMessage?.text),
  buttonsResponseMessage: tappedButton,
  listResponseMessage: tappedRow,
  templateButtonReplyMessage: tappedTemplate,
  interactiveResponseMessage: tappedFlow,
  templateMessage: worded('templateMessage', template),
  interactiveMessage: worded('interactiveMessage', interactive),
  buttonsMessage: worded('buttonsMessage', buttons),
  listMessage: worded('listMessage', list),
  highlyStructuredMessage: worded(
    'highlyStructuredMessage',
    text(m => structured(m.highlyStructuredMessage)),
  ),
  productMessage: worded('productMessage', product),
  orderMessage: worded('orderMessage', order),

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
  protocolMessage: PROTOCOL,

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
  cancelPaymentRequestMessage: UNSUPPORTED,
  commentMessage: UNSUPPORTED,
  declinePaymentRequestMessage: UNSUPPORTED,
  encCommentMessage: UNSUPPORTED,
  encEventResponseMessage: UNSUPPORTED,
  encReactionMessage: UNSUPPORTED,
  eventCoverImage: UNSUPPORTED,
  eventMessage: UNSUPPORTED,
  invoiceMessage: UNSUPPORTED,
  newsletterAdminInviteMessage: UNSUPPORTED,
  newsletterFollowerInviteMessageV2: UNSUPPORTED,
  paymentInviteMessage: UNSUPPORTED,
  placeholderMessage: UNSUPPORTED,
  pollCreationOptionImageMessage: UNSUPPORTED,
  pollResultSnapshotMessage: UNSUPPORTED,
  pollResultSnapshotMessageV3: UNSUPPORTED,
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
