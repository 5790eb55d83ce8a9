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

/** A message as WhatsApp knows it. */
export interface MessageRef {
  messageId: string
  chatId: string
  /** The author's jid in groups. */
  participant: string | null
  fromMe: boolean
}

/** How WhatsApp knows a received message. */
export function refOf({ message_id, chat_id, participant, from_me }: InboundMessage): MessageRef {
  return { messageId: message_id, chatId: chat_id, participant, fromMe: from_me }
}

/** A received file; `url` comes with each delivery, and `error` when the file could not be had in time. */
export const inboundMedia = z.object({
  /** Hex SHA-256 of the file. */
  id: z.string(),
  mimetype: z.string(),
  filename: z.string().nullable(),
  /** Bytes. */
  size: z.number().int(),
  seconds: z.number().int().nullable(),
})

export type InboundMedia = z.infer<typeof inboundMedia>

/** `POST /messages` to Laravel, without the session id. */
export const inboundMessage = z.object({
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
  media: inboundMedia.nullable(),
  reply_to: z.string().nullable(),
  timestamp: z.iso.datetime(),
  offline: z.boolean(),
})

export type InboundMessage = z.infer<typeof inboundMessage>
