import { proto } from '@whiskeysockets/baileys'

type Key = proto.IMessageKey

const { Type } = proto.Message.ProtocolMessage

/**
 * Another text or caption in the place of what was said, wrapped as phones wrap it: if that was the second file of a message, the edit
 * says so, too.
 */
export function editOf(key: Key, edited: proto.IMessage, original: proto.IMessage = {}): proto.IMessage {
  const messageAssociation = original.messageContextInfo?.messageAssociation
  const editedMessage = messageAssociation ? { associatedChildMessage: { message: edited } } : edited
  const protocolMessage = { key, type: Type.MESSAGE_EDIT, editedMessage, timestampMs: Date.now() }
  const edit = { editedMessage: { message: { protocolMessage } } }
  return messageAssociation ? { ...edit, messageContextInfo: { messageAssociation } } : edit
}

/** The deletion of a message for everybody. */
export function revocationOf(key: Key): proto.IMessage {
  return { protocolMessage: { key, type: Type.REVOKE } }
}

/** A reaction; an empty emoji takes it back. */
export function reactionOf(key: Key, emoji: string): proto.IMessage {
  return { reactionMessage: { key, text: emoji, senderTimestampMs: Date.now() } }
}

/** The `edit` attribute of a stanza with that content, as Baileys writes it: 1 edits (sealed, too), 7 deletes one's own, 8 another's. */
export function editAttribute(message: proto.IMessage): string | undefined {
  if (message.secretEncryptedMessage) return '1'
  const about = message.editedMessage?.message?.protocolMessage ?? message.protocolMessage
  if (about?.type === Type.MESSAGE_EDIT) return '1'
  if (about?.type !== Type.REVOKE) return undefined
  return about.key?.fromMe ? '7' : '8'
}

/** Whether a device that cannot decrypt it shows nothing, `decrypt-fail="hide"`: what only changes another message. */
export function hidesWhenUnreadable(message: proto.IMessage): boolean {
  const {
    reactionMessage,
    pollUpdateMessage,
    encReactionMessage,
    encCommentMessage,
    encEventResponseMessage,
  } = message
  return (
    editAttribute(message) !== undefined ||
    [reactionMessage, pollUpdateMessage, encReactionMessage, encCommentMessage, encEventResponseMessage].some(
      Boolean,
    )
  )
}
