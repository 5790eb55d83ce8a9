import { z } from 'zod'

/**
 * The JSON that Laravel and this service exchange: validation, types and API description come from here, for what callers ask
 * from `http/requests.ts`, for what they get from `http/answers.ts`. Dates are ISO 8601 UTC with `Z`; keys are snake_case, the
 * original system's `mediaUrl` aside.
 */

export const estadoQr = z.enum(['pending', 'active', 'inactive'])

/** `POST /messages` to Laravel, without the session id. */
export const inboundMessage = z.object({
  message_id: z.string(),
  from: z.string().nullable(),
  from_lid: z.string().nullable(),
  from_me: z.boolean(),
  chat_id: z.string(),
  participant: z.string().nullable(),
  is_group: z.boolean(),
  push_name: z.string().nullable(),
  type: z.string(),
  body: z.string().nullable(),
  caption: z.string().nullable(),
  media: z.null(),
  reply_to: z.string().nullable(),
  timestamp: z.iso.datetime(),
  offline: z.boolean(),
})
export type InboundMessage = z.infer<typeof inboundMessage>

/** `POST /messages` to Laravel. */
export const messageDelivery = inboundMessage.extend({ session_id: z.string() })
export type MessageDelivery = z.infer<typeof messageDelivery>

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

/** What a send is, once validated: `to` is a full jid (`…@s.whatsapp.net`, `…@lid`, `…@g.us`). */
export const sendContent = z.object({
  type: z.literal('text'),
  to: z.string(),
  body: z.string(),
  reply_to: z.string().nullable(),
})
export type SendContent = z.infer<typeof sendContent>

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
