import type { ReceivedContent } from './received.ts'

/** Where a received file lies at WhatsApp, and the key to it. */
export interface MediaSource {
  /** Hex SHA-256 of the file: its id in the media store. */
  id: string
  kind: 'image' | 'video' | 'audio' | 'document' | 'sticker'
  directPath: string
  /** Another media host than WhatsApp's own, of a simulator. */
  host: string | null
  /** Base64; empty for a file that is not encrypted. */
  mediaKey: string
  /** Hex SHA-256 of the encrypted file. */
  encryptedId: string
  /** Bytes that the sender announced. */
  size: number
}

/** What names a message to WhatsApp. */
export interface MessageRef {
  messageId: string
  chatId: string
  /** The author's jid in groups. */
  participant: string | null
  fromMe: boolean
}

/**
 * The dedupe key of a message: of a person's chat `chat` is the name that the person goes by, and of a group `author` the name of who wrote
 * it there; null in a person's chat.
 */
export const messageKey = (chat: string, author: string | null, fromMe: boolean, id: string): string =>
  `${chat}|${author ?? ''}|${fromMe ? 1 : 0}|${id}`

/** The dedupe key of a notice that stands for a message until that comes, of whose key it is made. */
export const noticeKey = (messageKey: string): string => `${messageKey}|notice`

/** What names a received message to WhatsApp. */
export function messageRefOf({ message_id, chat_id, participant, from_me }: ReceivedContent): MessageRef {
  return { messageId: message_id, chatId: chat_id, participant, fromMe: from_me }
}
