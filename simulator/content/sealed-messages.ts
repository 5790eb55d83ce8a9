import { proto } from '@whiskeysockets/baileys'
import { type Seal, type Sealed, type SealLabel, type Spoilt, seal, unseal } from './sealing.ts'

type Key = proto.IMessageKey

/** WhatsApp's numbers in `secretEncType`; rc14 knows the first two. 3 is a schedule, whose key no companion has. */
export const SECRET_TYPES = { eventEdit: 1, messageEdit: 2, schedule: 3, pollEdit: 4, addOption: 5 } as const
const TYPE_OF: Partial<Record<SealLabel, number>> = {
  'Event Edit': SECRET_TYPES.eventEdit,
  'Message Edit': SECRET_TYPES.messageEdit,
  'Poll Edit': SECRET_TYPES.pollEdit,
  'Poll Add Option': SECRET_TYPES.addOption,
}

/** What a sealed message holds, by its label: a reaction has no key, an answer is an EventResponseMessage, all else a Message. */
export type SealedContent =
  | { label: 'Enc Reaction'; emoji: string }
  | { label: 'Event Response'; response: EventAnswer }
  | { label: 'Message Edit' | 'Event Edit' | 'Poll Edit' | 'Enc Comment'; message: proto.IMessage }
  /** `asEdit`: sealed under the label of a poll's edit, as whatsmeow reads it. */
  | { label: 'Poll Add Option'; option: string; asEdit?: boolean }

export const EVENT_ANSWERS = ['going', 'not_going', 'maybe'] as const
export type EventAnswer = (typeof EVENT_ANSWERS)[number]

/**
 * The message that carries it; `key` names what it is about as the one who seals sees it. `type` is another `secretEncType` than
 * the label's.
 */
export function sealedMessage(
  key: Key,
  content: SealedContent,
  about: Omit<Seal, 'label'>,
  { type, ...spoilt }: Spoilt & { type?: number } = {},
): proto.IMessage {
  const { label } = content
  const asEdit = label === 'Poll Add Option' && content.asEdit === true
  const sealed: Sealed = seal(
    plainOf(key, content),
    { ...about, label: asEdit ? 'Poll Edit' : label },
    spoilt,
  )
  if (label === 'Enc Reaction') return { encReactionMessage: { targetMessageKey: key, ...sealed } }
  if (label === 'Enc Comment') return { encCommentMessage: { targetMessageKey: key, ...sealed } }
  if (label === 'Event Response')
    return { encEventResponseMessage: { eventCreationMessageKey: key, ...sealed } }
  return {
    secretEncryptedMessage: { targetMessageKey: key, ...sealed, secretEncType: type ?? TYPE_OF[label]! },
  }
}

function plainOf(key: Key, content: SealedContent): Uint8Array {
  switch (content.label) {
    case 'Enc Reaction':
      return proto.Message.ReactionMessage.encode({
        text: content.emoji,
        senderTimestampMs: Date.now(),
      }).finish()
    case 'Event Response':
      return proto.Message.EventResponseMessage.encode({
        response: EVENT_ANSWERS.indexOf(content.response) + 1,
        timestampMs: Date.now(),
      }).finish()
    case 'Poll Add Option':
      return pollAddOption(key, content.option)
    case 'Message Edit': {
      const type = proto.Message.ProtocolMessage.Type.MESSAGE_EDIT
      const protocolMessage = { key, type, editedMessage: content.message, timestampMs: Date.now() }
      return proto.Message.encode({ protocolMessage }).finish()
    }
    default:
      return proto.Message.encode(content.message).finish()
  }
}

/** The message that a sealed reaction or edit is about. */
export function targetOf({ encReactionMessage, secretEncryptedMessage }: proto.IMessage) {
  return (encReactionMessage ?? secretEncryptedMessage)?.targetMessageKey
}

/** Whether it is an edit or a reaction under a message's secret. */
export const isSealed = (message: proto.IMessage): boolean =>
  Boolean(message.encReactionMessage ?? message.secretEncryptedMessage)

/** An edit or a reaction as if it had been said plainly; undefined when it was sealed under anything else, or is neither. */
export function openSealed(message: proto.IMessage, about: Omit<Seal, 'label'>): proto.IMessage | undefined {
  const { encReactionMessage: reaction, secretEncryptedMessage: edit } = message
  if (reaction) {
    const plain = unseal(reaction, { ...about, label: 'Enc Reaction' })
    const key = reaction.targetMessageKey ?? null
    return plain && { reactionMessage: { ...proto.Message.ReactionMessage.decode(plain), key } }
  }
  if (edit?.secretEncType !== SECRET_TYPES.messageEdit) return undefined
  const plain = unseal(edit, { ...about, label: 'Message Edit' })
  return plain && proto.Message.decode(plain)
}

/** Message 121 pollAddOptionMessage {1 key, 2 {1 optionName}}, which rc14's protobuf does not have. */
function pollAddOption(key: Key, option: string): Uint8Array {
  const named = field(1, Buffer.from(option))
  return field(121, Buffer.concat([field(1, proto.MessageKey.encode(key).finish()), field(2, named)]))
}

/** A length-delimited field of protobuf. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}
