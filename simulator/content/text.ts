import { extractMessageContent, type proto } from '@whiskeysockets/baileys'
import { mediaOf } from './media.ts'

/** The text of a message: conversation, extended text or a caption; empty for anything else. */
export function textOf(message: proto.IMessage): string {
  const { conversation, extendedTextMessage, imageMessage, videoMessage, documentMessage } =
    extractMessageContent(message) ?? {}
  const captioned = imageMessage ?? videoMessage ?? documentMessage
  return conversation || extendedTextMessage?.text || captioned?.caption || ''
}

/** The `type` attribute of a message stanza with that content. */
export function stanzaTypeOf(message: proto.IMessage): string {
  if (message.reactionMessage || message.encReactionMessage) return 'reaction'
  if (message.eventMessage || message.encEventResponseMessage) return 'event'
  if (message.pollCreationMessageV3 || message.pollCreationMessage || message.pollUpdateMessage) return 'poll'
  if (AS_MEDIA.some(name => message[name])) return 'media'
  return mediaOf(message) ? 'media' : 'text'
}

/** What is sent as `media` without a file (whatsmeow's getMediaTypeFromMessage). */
const AS_MEDIA = [
  'listMessage',
  'listResponseMessage',
  'buttonsResponseMessage',
  'interactiveResponseMessage',
  'orderMessage',
  'productMessage',
] as const
