import { type BinaryNode, extractMessageContent, type proto } from '@whiskeysockets/baileys'
import { children } from '../protocol/stanza.ts'
import type { Ciphertext } from '../signal/endpoint.ts'
import { mediaOf } from './media.ts'

/** The text of a message: conversation, extended text or a caption; empty for anything else. */
export function textOf(message: proto.IMessage): string {
  const { conversation, extendedTextMessage, imageMessage, videoMessage, documentMessage } =
    extractMessageContent(message) ?? {}
  const captioned = imageMessage ?? videoMessage ?? documentMessage
  return conversation || extendedTextMessage?.text || captioned?.caption || ''
}

/** The `type` attribute of a message stanza with that content. */
export function typeOf(message: proto.IMessage): string {
  if (message.reactionMessage) return 'reaction'
  if (message.pollCreationMessageV3 || message.pollCreationMessage || message.pollUpdateMessage) return 'poll'
  return mediaOf(message) ? 'media' : 'text'
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
