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

/** A stored payload as it is delivered. */
type Delivered<Stored> = Omit<Stored, 'user_id'> & { user_id: string | number | null; seq: number }

/** What every delivery says. */
const ofSession = {
  session_id: z.string(),
  user_id: z
    .union([z.string(), z.int()])
    .nullable()
    .describe('As `/start` gave it, in its type; null only of a session that an earlier version deleted.'),
  seq: z
    .int()
    .describe(
      "The place in the session's log of what this tells of: whatever happened later has a greater one.",
    ),
  metadata: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe("Of a send's status what came with the send, else what the session's last `/start` gave."),
}

/** `POST /messages` to Laravel. */
export const messagePayload = wholeMessage.extend({
  ...ofSession,
  media: deliveredMedia.nullable(),
})

/** `POST /messages/status` to Laravel: what became of a send, forward only; `error` comes with `failed`. */
export const messageStatusPayload = z.object({
  ...ofSession,
  message_id: z.string(),
  client_ref: z.string().nullable().describe("The caller's own name for the send."),
  status: z.enum(['sent', 'delivered', 'read', 'played', 'failed']),
  error: z.string().nullable(),
  timestamp: z.iso.datetime(),
}) satisfies z.ZodType<Delivered<MessageStatusPayload>>

/** `POST /whatsapp/status` to Laravel. */
export const sessionStatusPayload = z.object({
  ...ofSession,
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
}) satisfies z.ZodType<Delivered<SessionStatusPayload>>

/** `POST /whatsapp/events` to Laravel: a call, a change of a group or a contact, a passkey, as LARAVEL_EVENTS wants them. */
export const accountEventPayload = z.looseObject({
  ...ofSession,
  /** The same for every retry. */
  event_id: z.string(),
  type: z.enum(ACCOUNT_EVENT_TYPES),
  at: z.iso.datetime(),
}) satisfies z.ZodType<Delivered<AccountEventPayload>>

/** `POST /qr` to Laravel: `qr` is the raw text that Baileys gives. */
export const qrPayload = z.object({
  ...ofSession,
  qr: z.string(),
  expires_at: z.iso.datetime(),
})

export type QrPayload = z.infer<typeof qrPayload>

/** `POST /pairing-code` to Laravel, for a session that was started with a `phone_number`. */
export const pairingCodePayload = z.object({
  ...ofSession,
  /** Eight letters and digits, to be typed into the phone. */
  code: z.string(),
  expires_at: z.iso.datetime(),
})

export type PairingCodePayload = z.infer<typeof pairingCodePayload>
