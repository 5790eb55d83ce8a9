import { proto } from '@whiskeysockets/baileys'
import { fieldsIn } from './wire-reader.ts'

/** An invitation to an event; times in seconds since 1970. */
export interface EventInvite {
  title: string | null
  caption: string | null
  isCanceled: boolean
  startTime: number | null
  endTime: number | null
  callLink: string | null
  contextInfo: proto.IContextInfo | null
}

/** What WhatsApp Web 2.3000.1045798079 can put into a message and the protobuf of Baileys 7.0.0-rc14 does not know. */
export interface NewerFields {
  pollCreationMessageV6?: proto.Message.IPollCreationMessage
  pollAddOptionMessage?: { key: proto.IMessageKey; option: string | null }
  spoilerMessage?: proto.Message.IFutureProofMessage
  newsletterAdminProfileMessage?: proto.Message.IFutureProofMessage
  newsletterAdminProfileMessageV2?: proto.Message.IFutureProofMessage
  newsletterAdminProfileStatusMessage?: proto.Message.IFutureProofMessage
  botPlatformRegistrationSuccessMessage?: proto.Message.IFutureProofMessage
  eventInviteMessage?: EventInvite
  // Of these no more than the name is known, or of use.
  conditionalRevealMessage?: Uint8Array
  groupRootKeyShare?: Uint8Array
  paymentReminderMessage?: Uint8Array
  splitPaymentMessage?: Uint8Array
  rootSecretDistributeMessage?: Uint8Array
  splitPaymentUpdateMessage?: Uint8Array
  musicMessage?: Uint8Array
  statusLinkPreviewMetadata?: Uint8Array
}

/** A message with what Baileys leaves out; of a field that nobody here knows the bytes, under its number (`unknownField`). */
export type WholeMessage = proto.IMessage & NewerFields

/** The name under which a whole message has a field that nobody here knows. */
export const unknownField = (number: number): string => `field ${number}`

interface NewerField {
  name: keyof NewerFields | 'pollResultSnapshotMessageV3'
  /** Of its bytes; what throws is no such thing. */
  read(bytes: Uint8Array): unknown
  /** The field of it that is a message again. */
  inside?: number
}

const bytesOf = (name: keyof NewerFields): NewerField => ({ name, read: bytes => bytes })
const wrapper = (name: keyof NewerFields): NewerField => ({
  name,
  read: bytes => proto.Message.FutureProofMessage.decode(bytes),
  inside: 1,
})

export const NEWER_FIELDS: ReadonlyMap<number, NewerField> = new Map([
  // Baileys has it at 114.
  [
    115,
    {
      name: 'pollResultSnapshotMessageV3',
      read: bytes => proto.Message.PollResultSnapshotMessage.decode(bytes),
    },
  ],
  [116, wrapper('newsletterAdminProfileMessage')],
  [117, wrapper('newsletterAdminProfileMessageV2')],
  [118, wrapper('spoilerMessage')],
  [119, { name: 'pollCreationMessageV6', read: bytes => proto.Message.PollCreationMessage.decode(bytes) }],
  [120, bytesOf('conditionalRevealMessage')],
  [121, { name: 'pollAddOptionMessage', read: pollAddOption }],
  [122, { name: 'eventInviteMessage', read: eventInvite }],
  [123, bytesOf('groupRootKeyShare')],
  [124, bytesOf('paymentReminderMessage')],
  [125, bytesOf('splitPaymentMessage')],
  [126, wrapper('newsletterAdminProfileStatusMessage')],
  [127, bytesOf('rootSecretDistributeMessage')],
  [128, bytesOf('splitPaymentUpdateMessage')],
  [129, bytesOf('musicMessage')],
  [130, bytesOf('statusLinkPreviewMetadata')],
  [131, wrapper('botPlatformRegistrationSuccessMessage')],
] satisfies [number, NewerField][])

function pollAddOption(bytes: Uint8Array): NewerFields['pollAddOptionMessage'] {
  let key: proto.IMessageKey = {}
  let option: string | null = null
  for (const { number, bytes: value } of fieldsIn(bytes)) {
    if (number === 1 && value) key = proto.MessageKey.decode(value)
    if (number === 2 && value)
      option = proto.Message.PollCreationMessage.Option.decode(value).optionName ?? null
  }
  return { key, option }
}

function eventInvite(bytes: Uint8Array): EventInvite {
  const invite: EventInvite = {
    title: null,
    caption: null,
    isCanceled: false,
    startTime: null,
    endTime: null,
    callLink: null,
    contextInfo: null,
  }
  for (const { number, bytes: value, varint } of fieldsIn(bytes)) {
    if (number === 1 && value) invite.contextInfo = proto.ContextInfo.decode(value)
    if (number === 3 && value) invite.title = textOf(value)
    if (number === 5) invite.startTime = varint
    if (number === 6 && value) invite.caption = textOf(value)
    if (number === 7) invite.isCanceled = varint === 1
    if (number === 8) invite.endTime = varint
    if (number === 9 && value) invite.callLink = textOf(value)
  }
  return invite
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()
