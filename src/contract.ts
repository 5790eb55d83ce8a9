import { z } from 'zod'

/**
 * The JSON that Laravel and this service exchange, in and out: validation, types and API description come from here.
 * Dates are ISO 8601 UTC with `Z`; keys are snake_case, the original system's `mediaUrl` aside.
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

// ---------------------------------------------------------------- requests

/** What a session may be called, in a body or a path. */
export const sessionId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')

/** Laravel's own id of the user, given back in its type. */
export const userId = z.union(
  [z.int(), z.string().regex(/^[^\p{Cc}\p{Cs}]{1,64}$/u)],
  'must be an integer or a text of 1 to 64 characters',
)

const phoneNumber = z.union([z.string(), z.int()]).transform(value => String(value).trim())

/** null and absent mean the same in a request. */
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform(value => value ?? undefined)
}

/** `POST /start`. */
export const startRequest = z.object({
  user_id: userId,
  session_id: optional(sessionId),
  phone_number: optional(phoneNumber.pipe(z.string().regex(/^\+?\d{5,20}$/, 'must be 5 to 20 digits'))),
})

/** `POST /delete-session`. */
export const deleteSessionRequest = z.object({ session_id: sessionId })

const JID = /^(?:\d{5,20}@s\.whatsapp\.net|\d{5,20}@lid|\d{5,20}(?:-\d{5,20})?@g\.us)$/

/** Who a message goes to, as digits, `+digits` or a jid that was delivered as `chat_id`; gives the jid. */
export const recipient = phoneNumber.transform((text, context) => {
  const digits = /^\+?(\d{5,20})$/.exec(text)?.[1]
  if (digits !== undefined) return `${digits}@s.whatsapp.net`
  if (JID.test(text)) return text
  context.addIssue('must be 5 to 20 digits, or end in @s.whatsapp.net, @lid or @g.us')
  return z.NEVER
})

/** The names under which a request may give the recipient, the first one being its own. */
const RECIPIENT_NAMES = ['wa_id', 'waId', 'to', 'phone'] as const

/** What this version can send. */
const SENDABLE = ['text']
const TEXT_MAX = 65_536

/** A check across fields runs as soon as the fields that it reads are valid, so that one answer names all mistakes. */
function onceValid(...names: string[]) {
  return ({ issues }: z.core.ParsePayload) =>
    issues.every(({ path }) => path !== undefined && path.length > 0 && !names.includes(String(path[0])))
}

/** One key of the caller's for one send, as header `Idempotency-Key` or in the body. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable characters')

/** `POST /send-message`; gives the session and what to send. */
export const sendRequest = z
  .object({
    session_id: sessionId,
    wa_id: optional(recipient),
    waId: optional(recipient),
    to: optional(recipient),
    phone: optional(recipient),
    type: z.string().refine(type => SENDABLE.includes(type), {
      error: ({ input }) =>
        `"${String(input).slice(0, 30)}" is not supported; supported: ${SENDABLE.join(', ')}`,
    }),
    body: optional(
      z
        .string()
        .min(1, 'must not be empty')
        .max(TEXT_MAX, `must be at most ${TEXT_MAX} characters`)
        .refine(text => text.isWellFormed(), 'must be valid Unicode'),
    ),
    reply_to: optional(z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be a message id')),
    idempotency_key: optional(idempotencyKey),
  })
  .refine(fields => RECIPIENT_NAMES.some(name => fields[name] !== undefined), {
    path: ['wa_id'],
    error: 'is required',
    when: onceValid(...RECIPIENT_NAMES),
  })
  .refine(fields => new Set(RECIPIENT_NAMES.flatMap(name => fields[name] ?? [])).size < 2, {
    path: ['wa_id'],
    error: `must be the same under all its names: ${RECIPIENT_NAMES.join(', ')}`,
    when: onceValid(...RECIPIENT_NAMES),
  })
  .refine(({ body }) => body !== undefined, {
    path: ['body'],
    error: 'is required',
    when: onceValid('type', 'body'),
  })
  .transform(({ session_id, wa_id, waId, to, phone, body, reply_to, idempotency_key }) => ({
    sessionId: session_id,
    idempotencyKey: idempotency_key,
    content: {
      type: 'text',
      to: (wa_id ?? waId ?? to ?? phone)!,
      body: body!,
      reply_to: reply_to ?? null,
    } satisfies SendContent as SendContent,
  }))

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)
const pageSize = z
  .string()
  .refine(text => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000, 'must be 1 to 1000')
  .transform(Number)
  .default(100)

/** The last part of `GET /sessions/{id}/at/{seq}`: the place of a fact in its session's log. */
export const momentPath = z.object({ seq: wholeNumber })

/** `GET /sessions?…` */
export const sessionsQuery = z.object({
  limit: pageSize,
  after: sessionId.optional(),
  state: sessionView.shape.state.optional(),
  user_id: z.string().max(64).optional(),
  q: z.string().max(100).optional(),
})

/** `GET /sessions/{id}/events?…` */
export const eventsQuery = z.object({ limit: pageSize, after: wholeNumber.default(0) })

const deliveryId = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)

/** `GET /deliveries/dead?…` */
export const deadQuery = z.object({ limit: pageSize, before: wholeNumber.optional() })

/** `POST /deliveries/{id}/redrive` */
export const deliveryPath = z.object({ id: deliveryId })

/** `POST /sessions/{id}/replay`: the seqs after `after`, up to `until`. */
export const replayRequest = z
  .object({ after: z.int().min(0), until: optional(z.int().min(0)) })
  .refine(({ after, until }) => until === undefined || until > after, {
    path: ['until'],
    error: 'must be greater than after',
    when: onceValid('after', 'until'),
  })

/** `GET /sessions/{id}/qr?format=` */
export const qrQuery = z.object({ format: z.enum(['png', 'svg', 'txt', 'json']).optional() })

/** `GET /stats?by_state=1` */
export const statsQuery = z.object({ by_state: z.stringbool('must be 1 or 0').optional() })

// ---------------------------------------------------------------- answers

/** Every 4xx and 5xx; `errors` comes with VALIDATION_FAILED. */
export const errorAnswer = z.object({
  success: z.literal(false),
  error: z.string(),
  message: z.string(),
  errors: z.record(z.string(), z.array(z.string())).optional(),
})
export type ErrorAnswer = z.infer<typeof errorAnswer>

export const doneAnswer = z.object({ success: z.literal(true) })

export const startAnswer = z.object({
  success: z.literal(true),
  session_id: sessionId,
  state: sessionView.shape.state,
})

/** 200 with `sent`, 202 with `queued` and `unknown`. `replayed`: an earlier request with the same key sent it, and `status` is that of now. */
export const sendAnswer = z.object({
  success: z.literal(true),
  message_id: z.string(),
  status: z.enum(['queued', 'unknown', 'sent', 'delivered', 'read', 'played']),
  replayed: z.literal(true).optional(),
  response: z.object({
    key: z.object({ id: z.string(), remoteJid: z.string(), fromMe: z.literal(true) }),
  }),
})
export type SendAnswer = z.infer<typeof sendAnswer>

export const sessionAnswer = z.object({ success: z.literal(true), session: sessionView })

/** `count` is all that match; `next` goes into `after`. */
export const sessionsAnswer = z.object({
  success: z.literal(true),
  count: z.number().int(),
  sessions: z.array(sessionView),
  next: z.string().nullable(),
})

export const qrAnswer = z.object({ qr: z.string(), expires_at: z.iso.datetime() })

const eventView = z.object({
  seq: z.number().int(),
  at: z.iso.datetime(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
})

/** `next` goes into `after`. */
export const eventsAnswer = z.object({ events: z.array(eventView), next: z.number().int().nullable() })

/** A session as it was after the fact `seq`; `state` is dotted, `can` what was possible. */
export const momentAnswer = z.object({
  success: z.literal(true),
  session_id: sessionId,
  seq: z.number().int(),
  at: z.iso.datetime(),
  state: z.string(),
  context: z.record(z.string(), z.unknown()),
  can: z.array(z.string()),
})

const messageError = z.string().nullable()

/** A message's status with its history, oldest first. */
export const messageAnswer = z.object({
  success: z.literal(true),
  session_id: sessionId,
  message_id: z.string(),
  chat_id: z.string(),
  direction: z.enum(['in', 'out']),
  type: z.string(),
  status: messageStatus,
  error: messageError,
  attempts: z.number().int(),
  seq: z.number().int(),
  created_at: z.iso.datetime(),
  history: z.array(z.object({ status: messageStatus, at: z.iso.datetime(), error: messageError })),
})

/** A delivery that Laravel did not take; `redrive` it by its `id`. `message_id` is null for what is no message. */
const deadLetter = z.object({
  id: z.number().int(),
  webhook_id: z.string(),
  kind: z.enum(['messages', 'status']),
  session_id: z.string(),
  message_id: z.string().nullable(),
  seq: z.number().int(),
  attempts: z.number().int(),
  error: z.string().nullable(),
  created_at: z.iso.datetime(),
  dead_at: z.iso.datetime(),
})

/** `count` is all there are, newest first; `next` goes into `before`. */
export const deadAnswer = z.object({
  success: z.literal(true),
  count: z.number().int(),
  deliveries: z.array(deadLetter),
  next: z.number().int().nullable(),
})

/** `replayed` messages stand in line again. */
export const replayAnswer = z.object({ success: z.literal(true), replayed: z.number().int() })

/** The original system's shape, camelCase and all. */
export const statsAnswer = z.object({
  sessions: z.object({
    totalSessions: z.number().int(),
    activeSessions: z.number().int(),
    inactiveSessions: z.number().int(),
    oldestSession: z.number(),
  }),
  qr: z.object({ pendingQR: z.number().int(), trackedSessions: z.number().int() }),
  timestamp: z.iso.datetime(),
  by_state: z.record(z.string(), z.number().int()).optional(),
})

export const healthAnswer = z.object({
  success: z.boolean(),
  ready: z.boolean(),
  problems: z.array(z.string()),
})
