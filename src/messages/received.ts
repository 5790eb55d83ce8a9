import { z } from 'zod'

/** Where a received file lies at WhatsApp, and the key to it. */
export interface MediaSource {
  /** Hex SHA-256 of the file: its id in the media store. */
  id: string
  kind: 'image' | 'video' | 'audio' | 'document' | 'sticker'
  directPath: string
  /** Another media host than WhatsApp's own, of a simulator. */
  host: string | null
  /** Base64. */
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

/** What names a received message to WhatsApp. */
export function messageRefOf({ message_id, chat_id, participant, from_me }: ReceivedContent): MessageRef {
  return { messageId: message_id, chatId: chat_id, participant, fromMe: from_me }
}

/** A received file; `url` comes with each delivery, and `error` when the file could not be had in time. */
export const receivedMedia = z.object({
  /** Hex SHA-256 of the file. */
  id: z.string(),
  mimetype: z.string(),
  filename: z.string().nullable(),
  /** Bytes. */
  size: z.number().int(),
  seconds: z.number().int().nullable(),
})

export type ReceivedMedia = z.infer<typeof receivedMedia>

/** A received message as it is stored, which is `POST /messages` to Laravel without the session id: a JSON, hence the names. */
export const receivedContent = z.object({
  message_id: z.string(),
  from: z.string().nullable(),
  from_lid: z.string().nullable(),
  from_me: z.boolean(),
  chat_id: z.string(),
  participant: z.string().nullable(),
  is_group: z.boolean(),
  /** What the group is called; null in other chats, and while it is not known. */
  subject: z.string().nullable(),
  push_name: z.string().nullable(),
  type: z.string(),
  body: z.string().nullable(),
  caption: z.string().nullable(),
  media: receivedMedia.nullable(),
  reply_to: z.string().nullable(),
  timestamp: z.iso.datetime(),
  offline: z.boolean(),
})

export type ReceivedContent = z.infer<typeof receivedContent>
