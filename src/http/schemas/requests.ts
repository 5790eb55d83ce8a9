import { z } from 'zod'
import { presence } from '../../messages/send.ts'
import { DELIVERY_STATES } from '../../ports/delivery-table.ts'
import { metadata } from './callers-own.ts'
import {
  chatId,
  onceValid,
  optional,
  phoneDigits,
  recipient,
  sessionId,
  sessionState,
  userId,
} from './fields.ts'

/** What callers may ask, as zod schemas; unknown fields are ignored. */

/** `POST /start`. */
export const startRequest = z.object({
  user_id: userId.describe("Laravel's own id of the user, given back in its type."),
  session_id: optional(sessionId).describe('Made here if it is absent.'),
  phone_number: optional(phoneDigits).describe('Of the phone that is linked by a code in place of a QR.'),
  metadata: optional(metadata).describe(
    'Comes back with every delivery about the session; without it what it had stays.',
  ),
})

/** What an application of the gateway before this one adds: under which token it is told messages. */
export const legacyStart = z.object({
  webhook_token: optional(z.string().regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable characters')),
})

/** `POST /send` of that gateway. */
export const legacySend = z.object({ session_id: sessionId, to: recipient, message: z.string() })

/** `POST /sessions/{id}/pairing-code`. */
export const pairingCodeRequest = z.object({ phone_number: phoneDigits })

/** `POST /delete-session`. */
export const deleteSessionRequest = z.object({ session_id: sessionId })

const IN_A_CHAT = new Set<z.infer<typeof presence>>(['composing', 'recording', 'paused'])

/** `override`: what the OpenAPI document says of texts that are numbers. */
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)
  .meta({ override: { type: 'integer', minimum: 0 } })
const pageSize = z
  .string()
  .refine(text => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000, 'must be 1 to 1000')
  .transform(Number)
  .default(100)
  .meta({ override: { type: 'integer', minimum: 1, maximum: 1000, default: 100 } })

/** The last part of `GET /sessions/{id}/at/{seq}`: the place of a fact in its session's log. */
export const momentPath = z.object({ seq: wholeNumber })

/** `GET /sessions?…` */
export const sessionsQuery = z.object({
  limit: pageSize,
  after: sessionId.optional().describe('The `next` of the page before.'),
  state: sessionState.optional(),
  user_id: z.string().max(64).optional(),
  q: z.string().max(100).optional().describe('A part of an id, a number or a name.'),
})

/** `GET /sessions/{id}/events?…` */
export const eventsQuery = z.object({ limit: pageSize, after: wholeNumber.default(0) })

/** Where a stream of events begins: `Last-Event-ID`, or `?after=`. */
export const streamQuery = z.object({ after: wholeNumber.optional() })

/** `GET /inspect?session_id=a,b` */
export const inspectQuery = z.object({
  session_id: z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(sessionId).max(50, 'must name 50 at most'))
    .optional(),
})

/** The chat in `GET /sessions/{id}/chats/{chat_id}/messages`. */
export const chatPath = z.object({ chat_id: chatId })

/** `GET /sessions/{id}/chats/{chat_id}/messages?…` */
export const chatQuery = z.object({ limit: pageSize, before: wholeNumber.optional() })

const deliveryId = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
  .meta({ override: { type: 'integer', minimum: 0 } })

/** `GET /deliveries?…`; of `GET /deliveries/dead?…` without the state. */
export const deliveriesQuery = z.object({
  state: z.enum(DELIVERY_STATES).default('waiting'),
  session_id: sessionId.optional(),
  limit: pageSize,
  before: wholeNumber.optional(),
})
export const deadQuery = deliveriesQuery.omit({ state: true })

/** `POST /deliveries/retry` */
export const retryRequest = z.object({ session_id: optional(sessionId) })

/** `GET /deliveries/{id}`, `POST /deliveries/{id}/redrive` */
export const deliveryPath = z.object({ id: deliveryId })

/** `POST /sessions/{id}/replay`: the seqs after `after`, up to `until`. */
export const replayRequest = z
  .object({ after: z.int().min(0), until: optional(z.int().min(0)) })
  .refine(({ after, until }) => until === undefined || until > after, {
    path: ['until'],
    error: 'must be greater than after',
    when: onceValid('after', 'until'),
  })

/** The last part of `GET /sessions/{id}/numbers/{phone}`. */
export const numberPath = z.object({ phone: phoneDigits })

/** `POST /sessions/{id}/read` */
export const readRequest = z.object({
  message_ids: z
    .array(z.string().min(1).max(128))
    .min(1, 'must name 1 to 1000')
    .max(1000, 'must name 1 to 1000'),
})

/** `POST /sessions/{id}/presence`: the last three are shown in one chat. */
export const presenceRequest = z
  .object({ presence, chat_id: optional(recipient) })
  .refine(({ presence, chat_id }) => chat_id !== undefined || !IN_A_CHAT.has(presence), {
    path: ['chat_id'],
    error: 'is required for composing, recording and paused',
    when: onceValid('presence', 'chat_id'),
  })

/** `GET /sessions/{id}/qr?format=` */
export const qrQuery = z.object({ format: z.enum(['png', 'svg', 'txt', 'json']).optional() })

/** `GET /stats?by_state=1` */
export const statsQuery = z.object({ by_state: z.stringbool('must be 1 or 0').optional() })
