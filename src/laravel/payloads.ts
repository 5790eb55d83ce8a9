import { z } from 'zod'
import { ESTADOS_QR } from '../../machines/facts.ts'
import { ACCOUNT_EVENT_TYPES } from '../messages/account-event.ts'
import { deliveredMedia, wholeMessage } from '../messages/received.ts'
import type {
  AccountEventPayload,
  MessageStatusPayload,
  SessionStatusPayload,
} from '../ports/delivery-table.ts'

/** What Laravel receives, as schemas. Dates are ISO 8601 UTC with `Z`; keys are snake_case. */

/** `POST /messages` to Laravel. */
export const messagePayload = wholeMessage.extend({
  session_id: z.string(),
  media: deliveredMedia.nullable(),
})

/** `POST /messages/status` to Laravel: what became of a send, forward only; `error` comes with `failed`. */
export const messageStatusPayload = z.object({
  session_id: z.string(),
  message_id: z.string(),
  status: z.enum(['sent', 'delivered', 'read', 'played', 'failed']),
  error: z.string().nullable(),
  timestamp: z.iso.datetime(),
}) satisfies z.ZodType<MessageStatusPayload>

/** `POST /whatsapp/status` to Laravel. */
export const sessionStatusPayload = z.object({
  session_id: z.string(),
  estado_qr: z.enum(ESTADOS_QR),
  reason: z.string().nullable(),
  reason_text: z.string().nullable(),
  wa_id: z.string().nullable(),
  session_data: z.object({
    state: z.string(),
    detail: z.string().nullable(),
    push_name: z.string().nullable(),
    lid: z.string().nullable(),
  }),
}) satisfies z.ZodType<SessionStatusPayload>

/** `POST /whatsapp/events` to Laravel: a call, a change of a group or a contact, a passkey, as LARAVEL_EVENTS wants them. */
export const accountEventPayload = z.looseObject({
  session_id: z.string(),
  /** The same for every retry. */
  event_id: z.string(),
  type: z.enum(ACCOUNT_EVENT_TYPES),
  at: z.iso.datetime(),
}) satisfies z.ZodType<AccountEventPayload>

/** `POST /qr` to Laravel: `qr` is the raw text that Baileys gives. */
export const qrPayload = z.object({
  session_id: z.string(),
  qr: z.string(),
  expires_at: z.iso.datetime(),
})

export type QrPayload = z.infer<typeof qrPayload>

/** `POST /pairing-code` to Laravel, for a session that was started with a `phone_number`. */
export const pairingCodePayload = z.object({
  session_id: z.string(),
  /** Eight letters and digits, to be typed into the phone. */
  code: z.string(),
  expires_at: z.iso.datetime(),
})

export type PairingCodePayload = z.infer<typeof pairingCodePayload>
