import { z } from 'zod'
import { ESTADOS_QR } from '../../../machines/facts.ts'
import { deliveredMedia, wholeMessage } from '../../messages/received.ts'
import { MESSAGE_STATUSES } from '../../messages/status.ts'
import { DELIVERY_KINDS, DELIVERY_STATES } from '../../ports/delivery-table.ts'
import { CHECK_RESULTS } from '../../ports/laravel-check.ts'
import { DELIVERY_CAUSES } from '../../ports/undelivered.ts'
import { sessionId, sessionState } from './fields.ts'

/** What callers get, as zod schemas: every key is present. */

const messageStatus = z.enum(MESSAGE_STATUSES)
const clientRef = z.string().nullable()
const metadata = z.record(z.string(), z.unknown()).nullable()

/** A session as `GET /sessions/{id}` shows it. */
export const sessionJson = z.object({
  session_id: z.string(),
  user_id: z.union([z.string(), z.number()]),
  state: sessionState,
  detail: z.string().nullable().describe('What stands below the state, dotted: `shown.throttled`.'),
  estado_qr: z.enum(ESTADOS_QR).describe('What Laravel is told.'),
  wa_id: z.string().nullable().describe("The account's digits, once a phone is linked."),
  lid: z.string().nullable(),
  push_name: z.string().nullable(),
  created_at: z.iso.datetime(),
  last_activity: z.iso.datetime(),
  attempts: z.number().int().describe('Connections that failed since it was last open for a while.'),
  retry_at: z.iso.datetime().nullable().describe('When it connects by itself.'),
  reason: z
    .string()
    .nullable()
    .describe('Why it is not open, as a code: `unlinked`, `banned`, `replaced`, …'),
  reason_text: z.string().nullable().describe('The same as a sentence.'),
  qr: z.object({ published_at: z.iso.datetime().nullable(), expires_at: z.iso.datetime() }).nullable(),
  metadata,
})
export type SessionJson = z.infer<typeof sessionJson>

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
  state: sessionState,
})

/** 200 with `sent`, 202 with `queued` and `unknown`. `client_ref`: as it came. `replayed`: an earlier request with the same key sent it, and `status` is that of now. */
export const sendAnswer = z.object({
  success: z.literal(true),
  message_id: z.string(),
  client_ref: clientRef,
  status: z.enum(['queued', 'unknown', 'sent', 'delivered', 'read', 'played']),
  replayed: z.literal(true).optional(),
  response: z.object({
    key: z.object({ id: z.string(), remoteJid: z.string(), fromMe: z.literal(true) }),
  }),
})
export type SendAnswer = z.infer<typeof sendAnswer>

export const sessionAnswer = z.object({ success: z.literal(true), session: sessionJson })

/** `count` is all that match; `next` goes into `after`. */
export const sessionsAnswer = z.object({
  success: z.literal(true),
  count: z.number().int(),
  sessions: z.array(sessionJson),
  next: z.string().nullable(),
})

/** `jid` and `lid` are null as far as WhatsApp does not give them. */
export const numberAnswer = z.object({
  success: z.literal(true),
  phone: z.string(),
  exists: z.boolean(),
  jid: z.string().nullable(),
  lid: z.string().nullable(),
})

export const qrAnswer = z.object({ qr: z.string(), expires_at: z.iso.datetime() })

export const pairingCodeAnswer = z.object({
  success: z.literal(true),
  code: z.string(),
  expires_at: z.iso.datetime(),
})

/** A fact of a session. */
export const eventView = z.object({
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

/**
 * A message's status with its history, oldest first; `error` says why it failed, or why WhatsApp refused it for now. `client_ref` and
 * `metadata` are those of a send. `seq` is 0 for a send that waits for a node to have its session.
 */
export const messageAnswer = z.object({
  success: z.literal(true),
  session_id: sessionId,
  message_id: z.string(),
  chat_id: z.string(),
  direction: z.enum(['in', 'out']),
  type: z.string(),
  client_ref: clientRef,
  metadata,
  status: messageStatus,
  error: messageError,
  attempts: z.number().int(),
  seq: z.number().int(),
  created_at: z.iso.datetime(),
  history: z.array(z.object({ status: messageStatus, at: z.iso.datetime(), error: messageError })),
})

/**
 * Messages of a chat, newest first, each as Laravel gets it, with its status; what was sent has the `client_ref` and the `metadata` that
 * came with it. `next` goes into `before`.
 */
export const chatAnswer = z.object({
  success: z.literal(true),
  session_id: sessionId,
  chat_id: z.string(),
  messages: z.array(
    wholeMessage.extend({
      session_id: z.string(),
      user_id: sessionJson.shape.user_id,
      seq: z.number().int(),
      media: deliveredMedia.nullable(),
      client_ref: clientRef,
      metadata,
      status: messageStatus,
    }),
  ),
  next: z.number().int().nullable(),
})

/**
 * A delivery that Laravel has not taken; `redrive` it by its `id`. `message_id` is null for what is no message, `chat_id` for what is of
 * no chat. `cause`: what the last error means, as `/health` says it; `damaged`: its row cannot be read. `next_try_at`: null when it is tried as soon as its turn comes, or never.
 */
const delivery = z.object({
  id: z.number().int(),
  state: z.enum(DELIVERY_STATES),
  webhook_id: z.string(),
  kind: z.enum(DELIVERY_KINDS),
  session_id: z.string(),
  chat_id: z.string().nullable(),
  message_id: z.string().nullable(),
  seq: z.number().int(),
  attempts: z.number().int(),
  error: z.string().nullable(),
  cause: z.enum(DELIVERY_CAUSES).nullable(),
  created_at: z.iso.datetime(),
  next_try_at: z.iso.datetime().nullable(),
  dead_at: z.iso.datetime().nullable(),
})

/** `count` is all that are in that state, newest first; `next` goes into `before`, and is null when there are no more. */
export const deliveriesAnswer = z.object({
  success: z.literal(true),
  count: z.number().int(),
  deliveries: z.array(delivery),
  next: z.number().int().nullable(),
})

/** `payload` is what Laravel is given, the links of its files left out. */
export const deliveryAnswer = z.object({
  success: z.literal(true),
  delivery: delivery.extend({ payload: z.record(z.string(), z.unknown()) }),
})

/** In so many lanes something waited, and is tried now. */
export const retryAnswer = z.object({ success: z.literal(true), lanes: z.number().int() })

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
  /** What waits for Laravel, with the age in ms of the oldest (0 if nothing does), and dead letters. */
  deliveries: z
    .object({ waiting: z.number().int(), dead: z.number().int(), oldest_waiting_ms: z.number() })
    .optional(),
})

const problem = z.object({ code: z.string(), message: z.string() })

/** `problems`: why it is not ready. `warnings`: what somebody should look at while the rest works. */
export const healthAnswer = z.object({
  success: z.boolean(),
  ready: z.boolean(),
  problems: z.array(problem),
  warnings: z.array(problem),
  /** Another thing than readiness: without Laravel sending goes on, and what was received waits. Null: there is none. */
  laravel: z
    .object({
      ok: z.boolean(),
      failing: z.array(
        z.object({
          route: z.string(),
          cause: z.string(),
          status: z.number().int().nullable(),
          since: z.iso.datetime(),
          message: z.string(),
        }),
      ),
    })
    .nullable(),
  /** With DATABASE_URL: this node, and what it saw of all lately. `id` null: it has no lease, and no session runs here. */
  node: z
    .object({
      id: z.string().nullable(),
      url: z.string(),
      sessions: z.number().int(),
      lease_ms: z.number().int(),
      nodes: z.number().int(),
      sessions_without_node: z.number().int(),
    })
    .optional(),
})

/** `ok`: nothing failed. `unclear`: only a delivery will tell. */
export const laravelCheckAnswer = z.object({
  success: z.literal(true),
  ok: z.boolean(),
  address: z.string().nullable(),
  checks: z.array(
    z.object({
      subject: z.string(),
      result: z.enum(CHECK_RESULTS),
      status: z.number().int().nullable(),
      message: z.string(),
      mend: z.string().nullable(),
    }),
  ),
})
