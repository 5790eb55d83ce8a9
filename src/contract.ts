import { z } from 'zod'

/**
 * The JSON that Laravel and this service exchange: validation, types and API description come from here, for what callers ask
 * from `http/requests.ts`, for what they get from `http/answers.ts`. Dates are ISO 8601 UTC with `Z`; keys are snake_case, the
 * original system's `mediaUrl` aside.
 */

export const estadoQr = z.enum(['pending', 'active', 'inactive'])

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

/** `POST /messages` to Laravel. */
export const messageDelivery = inboundMessage.extend({
  session_id: z.string(),
  media: inboundMedia.extend({ url: z.string(), error: z.string().nullable() }).nullable(),
})
export type MessageDelivery = z.infer<typeof messageDelivery>

/** `POST /messages/status` to Laravel: what became of a send, forward only; `error` comes with `failed`. */
export const receiptDelivery = z.object({
  session_id: z.string(),
  message_id: z.string(),
  status: z.enum(['sent', 'delivered', 'read', 'played', 'failed']),
  error: z.string().nullable(),
  timestamp: z.iso.datetime(),
})
export type ReceiptDelivery = z.infer<typeof receiptDelivery>

/** `POST /whatsapp/status` to Laravel. */
export const statusDelivery = z.object({
  session_id: z.string(),
  estado_qr: estadoQr,
  reason: z.string().nullable(),
  reason_text: z.string().nullable(),
  wa_id: z.string().nullable(),
  session_data: z.object({
    state: z.string(),
    detail: z.string().nullable(),
    push_name: z.string().nullable(),
    lid: z.string().nullable(),
  }),
})
export type StatusDelivery = z.infer<typeof statusDelivery>

/** `POST /qr` to Laravel: `qr` is the raw text that Baileys gives. */
export const qrDelivery = z.object({
  session_id: z.string(),
  qr: z.string(),
  expires_at: z.iso.datetime(),
})
export type QrDelivery = z.infer<typeof qrDelivery>

/** `POST /pairing-code` to Laravel, for a session that was started with a `phone_number`. */
export const pairingCodeDelivery = z.object({
  session_id: z.string(),
  /** Eight letters and digits, to be typed into the phone. */
  code: z.string(),
  expires_at: z.iso.datetime(),
})
export type PairingCodeDelivery = z.infer<typeof pairingCodeDelivery>

/** A session as `GET /sessions/{id}` shows it. */
export const sessionView = z.object({
  session_id: z.string(),
  user_id: z.union([z.string(), z.number()]),
  state: z.enum(['starting', 'awaitingQr', 'open', 'reconnecting', 'loggedOut']),
  detail: z.string().nullable(),
  estado_qr: estadoQr,
  wa_id: z.string().nullable(),
  lid: z.string().nullable(),
  push_name: z.string().nullable(),
  created_at: z.iso.datetime(),
  last_activity: z.iso.datetime(),
  attempts: z.number().int(),
  retry_at: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
  reason_text: z.string().nullable(),
  qr: z.object({ published_at: z.iso.datetime().nullable(), expires_at: z.iso.datetime() }).nullable(),
})
export type SessionView = z.infer<typeof sessionView>

/** A file to be sent: where it is to be fetched, and once `id` is there, what stands in the media store under it. */
export const sendMedia = z.object({
  url: z.string().nullable(),
  /** Hex SHA-256 of the file in the media store. */
  id: z.string().nullable(),
  /** It was judged, and converted if need be: `id` is what goes out. */
  ready: z.boolean(),
  mimetype: z.string().nullable(),
  filename: z.string().nullable(),
  /** Bytes. */
  size: z.number().int().nullable(),
  seconds: z.number().int().nullable(),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  /** 64 values from 0 to 100 in base64, for a voice note. */
  waveform: z.string().nullable(),
  /** A small JPEG in base64. */
  thumbnail: z.string().nullable(),
})
export type SendMedia = z.infer<typeof sendMedia>

/** The types of `POST /send-message` that carry a file. */
export const mediaType = z.enum(['image', 'video', 'gif', 'audio', 'document', 'sticker'])
export type MediaType = z.infer<typeof mediaType>

const addressed = {
  /** A full jid: `…@s.whatsapp.net`, `…@lid`, `…@g.us`. */
  to: z.string(),
  /** The message that is answered, reacted to, edited or deleted. */
  reply_to: z.string().nullable(),
  /** Shows "typing…" before it is sent. */
  typing: z.boolean().optional(),
  /** Jids that the text names with `@`. */
  mentions: z.array(z.string()).optional(),
}
const target = { ...addressed, reply_to: z.string() }

/** What a send is, once validated. */
export const sendContent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), ...addressed, body: z.string() }),
  z.object({
    type: mediaType,
    ...addressed,
    media: sendMedia,
    caption: z.string().nullable(),
    /** Of audio: a voice note. */
    ptt: z.boolean(),
  }),
  z.object({
    type: z.literal('location'),
    ...addressed,
    latitude: z.number(),
    longitude: z.number(),
    name: z.string().nullable(),
    address: z.string().nullable(),
  }),
  z.object({
    type: z.literal('contact'),
    ...addressed,
    contacts: z.array(z.object({ name: z.string(), phone: z.string() })),
  }),
  /** An empty body takes the reaction back. */
  z.object({ type: z.literal('reaction'), ...target, body: z.string() }),
  z.object({
    type: z.literal('poll'),
    ...addressed,
    body: z.string(),
    options: z.array(z.string()),
    /** How many options may be chosen; 0 is any number. */
    select: z.number().int(),
  }),
  z.object({ type: z.literal('edit'), ...target, body: z.string() }),
  z.object({ type: z.literal('delete'), ...target }),
])
export type SendContent = z.infer<typeof sendContent>
export type MediaContent = Extract<SendContent, { media: unknown }>

/** What others see of an account: for everybody, or in one chat. */
export const presence = z.enum(['available', 'unavailable', 'composing', 'recording', 'paused'])
export type Presence = z.infer<typeof presence>

/** Where a send stands; a status only moves forward. */
export const messageStatus = z.enum([
  'queued',
  'transmitted',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'unknown',
  'received',
])
export type MessageStatus = z.infer<typeof messageStatus>

/** `failed` and `received` are ends: they have no rank. */
const RANK: Partial<Record<MessageStatus, number>> = {
  queued: 0,
  transmitted: 1,
  unknown: 2,
  sent: 3,
  delivered: 4,
  read: 5,
  played: 6,
}

/**
 * Whether a send may go from one status to another. It only moves forward, `unknown` may still turn out sent or failed,
 * and what failed or was received stays so.
 */
export function movesForward(from: MessageStatus, to: MessageStatus): boolean {
  const rank = RANK[from]
  if (rank === undefined) return false
  return to === 'failed' ? rank < RANK.sent! : (RANK[to] ?? -1) > rank
}
