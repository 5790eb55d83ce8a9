import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Ciphertext } from './signal.ts'
import { children } from './stanza.ts'

/** The text of a message: conversation, extended text or a caption; empty for anything else. */
export function textOf(message: proto.IMessage): string {
  const { conversation, extendedTextMessage, imageMessage, videoMessage, documentMessage } = message
  const captioned = imageMessage ?? videoMessage ?? documentMessage
  return conversation || extendedTextMessage?.text || captioned?.caption || ''
}

/** The `type` attribute of a message stanza with that content. */
export function typeOf(message: proto.IMessage): string {
  if (message.reactionMessage) return 'reaction'
  const { imageMessage, videoMessage, audioMessage, documentMessage, stickerMessage } = message
  return imageMessage || videoMessage || audioMessage || documentMessage || stickerMessage ? 'media' : 'text'
}

/** The `<enc>` children of a node, in order. */
export function encsOf(node: BinaryNode | undefined): Ciphertext[] {
  const found: Ciphertext[] = []
  for (const { tag, attrs, content } of children(node)) {
    if (tag !== 'enc' || !(content instanceof Uint8Array)) continue
    const type = attrs.type === 'pkmsg' || attrs.type === 'skmsg' ? attrs.type : 'msg'
    found.push({ type, ciphertext: content })
  }
  return found
}
