import type { WholeMessage } from '../protobuf/newer-fields.ts'
import { buttons, interactive, list, structured, template, worded } from './business-readers.ts'
import {
  answer,
  type ContentReader,
  channelInvite,
  contacts,
  location,
  media,
  poll,
  text,
} from './content-readers.ts'
import { event, eventInvite, pollResults, scheduledCall } from './event-readers.ts'
import { type Ignored, ignored, lines } from './parsed-content.ts'
import { order, product } from './product-readers.ts'
import { sealed, secretEncrypted } from './sealed-parts.ts'
import { tappedButton, tappedFlow, tappedRow, tappedTemplate } from './tap-readers.ts'

/** Something that a person sent and nobody here can read. */
export const UNSUPPORTED = 'unsupported'
/** The message lies inside. */
export const WRAPPER = 'wrapper'
/** Edits, deletions and what devices tell each other (protocol-messages.ts). */
export const PROTOCOL = 'protocol'

/** Everything WhatsApp can put into a message; a field that Baileys learns later does not compile until it stands here. */
export const FIELDS: Record<
  keyof WholeMessage,
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
  pollCreationMessageV6: poll(m => m.pollCreationMessageV6),
  pollUpdateMessage: sealed('vote', ({ pollUpdateMessage: vote }) => ({
    key: vote?.pollCreationMessageKey,
    bytes: vote?.vote,
  })),
  secretEncryptedMessage: secretEncrypted,
  encReactionMessage: sealed('reaction', ({ encReactionMessage: bytes }) => ({
    key: bytes?.targetMessageKey,
    bytes,
  })),
  encCommentMessage: sealed('comment', ({ encCommentMessage: bytes }) => ({
    key: bytes?.targetMessageKey,
    bytes,
  })),
  encEventResponseMessage: sealed('eventResponse', ({ encEventResponseMessage: bytes }) => ({
    key: bytes?.eventCreationMessageKey,
    bytes,
  })),
  groupInviteMessage: m => ({
    type: 'group_invite',
    body: m.groupInviteMessage?.groupName || null,
    caption: m.groupInviteMessage?.caption || null,
  }),
  newsletterAdminInviteMessage: channelInvite(m => m.newsletterAdminInviteMessage),
  newsletterFollowerInviteMessageV2: channelInvite(m => m.newsletterFollowerInviteMessageV2),
  eventMessage: event,
  eventInviteMessage: eventInvite,
  scheduledCallCreationMessage: scheduledCall,
  stickerPackMessage: m => ({
    type: 'sticker_pack',
    body: m.stickerPackMessage?.name || null,
    caption: lines([
      m.stickerPackMessage?.caption,
      m.stickerPackMessage?.packDescription,
      m.stickerPackMessage?.publisher,
    ]),
  }),
  // Words about other messages.
  pollResultSnapshotMessage: pollResults('pollResultSnapshotMessage'),
  pollResultSnapshotMessageV3: pollResults('pollResultSnapshotMessageV3'),
  questionResponseMessage: answer(m => m.questionResponseMessage),
  statusQuestionAnswerMessage: answer(m => m.statusQuestionAnswerMessage),
  statusQuotedMessage: answer(
    m => m.statusQuotedMessage && { ...m.statusQuotedMessage, key: m.statusQuotedMessage.originalStatusId },
  ),
  pollAddOptionMessage: m => ({
    type: UNSUPPORTED,
    body: 'pollAddOptionMessage',
    caption: m.pollAddOptionMessage?.option ?? null,
    replyTo: m.pollAddOptionMessage?.key?.id || null,
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
  spoilerMessage: WRAPPER,
  limitSharingMessage: WRAPPER,
  eventCoverImage: WRAPPER,
  pollCreationOptionImageMessage: WRAPPER,
  statusAddYours: WRAPPER,
  newsletterAdminProfileMessage: WRAPPER,
  newsletterAdminProfileMessageV2: WRAPPER,
  newsletterAdminProfileStatusMessage: WRAPPER,
  botPlatformRegistrationSuccessMessage: WRAPPER,

  bcallMessage: UNSUPPORTED,
  cancelPaymentRequestMessage: UNSUPPORTED,
  commentMessage: UNSUPPORTED,
  conditionalRevealMessage: UNSUPPORTED,
  declinePaymentRequestMessage: UNSUPPORTED,
  invoiceMessage: UNSUPPORTED,
  musicMessage: UNSUPPORTED,
  paymentInviteMessage: UNSUPPORTED,
  paymentReminderMessage: UNSUPPORTED,
  placeholderMessage: UNSUPPORTED,
  requestPaymentMessage: UNSUPPORTED,
  requestPhoneNumberMessage: UNSUPPORTED,
  richResponseMessage: UNSUPPORTED,
  scheduledCallEditMessage: UNSUPPORTED,
  sendPaymentMessage: UNSUPPORTED,
  splitPaymentMessage: UNSUPPORTED,
  splitPaymentUpdateMessage: UNSUPPORTED,
  statusLinkPreviewMetadata: UNSUPPORTED,
  statusStickerInteractionMessage: UNSUPPORTED,

  albumMessage: ignored('only announces pictures, which come one by one'),
  botTaskMessage: ignored('bookkeeping of a bot'),
  call: ignored('a call, not a message'),
  callLogMesssage: ignored('a call, not a message'),
  chat: ignored('no longer used'),
  groupRootKeyShare: ignored('keys of a group'),
  rootSecretDistributeMessage: ignored('keys of a group'),
  fastRatchetKeySenderKeyDistributionMessage: ignored('a Signal key'),
  groupStatusMentionMessage: ignored('a notice about a status'),
  keepInChatMessage: ignored('marks another message'),
  messageContextInfo: ignored('accompanies a message'),
  messageHistoryBundle: ignored('history'),
  messageHistoryNotice: ignored('history'),
  pinInChatMessage: ignored('marks another message'),
  senderKeyDistributionMessage: ignored('a Signal key'),
  statusMentionMessage: ignored('a notice about a status'),
  statusNotificationMessage: ignored('a notice about a status'),
  stickerSyncRmrMessage: ignored('app state'),
}
