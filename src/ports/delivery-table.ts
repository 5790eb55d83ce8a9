import type { EstadoQr } from '../../machines/facts.ts'
import type { AccountEventType } from '../messages/account-event.ts'
import type { Metadata } from '../messages/metadata.ts'
import type { DownloadState } from './download-table.ts'
import type { AcceptedStatus, SessionOwner } from './session-table.ts'

/** What Laravel has yet to take, lane by lane, and the dead letters that it did not take. */
export interface DeliveryTable {
  /** The oldest pending delivery of a lane. */
  head(lane: string): Promise<DeliveryRow | null>
  /** Whether something of a lane is pending behind the delivery with this id. */
  hasNext(lane: string, id: number): Promise<boolean>
  /** At most `limit` lanes with something pending, in order of their names, from the first behind `after` on; '' begins. */
  lanes(after: string, limit: number): Promise<PendingLane[]>
  /** Whether something of a stream's chats is pending. */
  hasPending(streamId: string): Promise<boolean>
  /** How many of each of these streams are pending, each counted up to `most`; in the order of the streams. */
  pendingOf(streamIds: string[], most: number): Promise<number[]>
  counts(): Promise<{ pending: number; dead: number }>
  /** In how many lanes something is pending, and when the oldest of it was made; null: nothing is. */
  backlog(): Promise<{ lanes: number; oldestAt: number | null }>
  find(id: number): Promise<DeliveryRow | null>
  /** A page of those that wait, or are dead, newest first; `next` is the `before` of the next page, and null on the last. */
  page(query: DeliveryQuery): Promise<{ rows: DeliveryRow[]; next: number | null }>
  /**
   * Records what came of an attempt; an id that was replaced meanwhile is no error. `lazy`: nothing follows from it, so that it may wait
   * up to 100 ms for a commit of something else.
   */
  settle(id: number, outcome: DeliveryOutcome, lazy?: boolean): Promise<void>
}

/** Dead letters are kept for this long. */
export const DEAD_KEPT_MS = 30 * 24 * 60 * 60 * 1000

export const DELIVERY_STATES = ['waiting', 'dead'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** Which deliveries: `before` is an exclusive delivery id. */
export interface DeliveryQuery {
  state: DeliveryState
  sessionId?: string | undefined
  before?: number | undefined
  limit: number
}

/** A lane that has something pending, and what must be known of its head without reading it. */
export interface PendingLane
  extends Pick<DeliveryRow, 'id' | 'lane' | 'kind' | 'sessionId' | 'at' | 'nextAt' | 'attempts'> {}

/** The oldest pending delivery of a lane; `isLast`: nothing is pending behind it. */
export interface LaneHead {
  row: DeliveryRow | null
  isLast: boolean
}

export const DELIVERY_KINDS = ['messages', 'status', 'receipt', 'events'] as const
export type DeliveryKind = (typeof DELIVERY_KINDS)[number]

/** The names of lanes: what is delivered in order, and what of it goes to one route of Laravel. */
export const laneOf = {
  /** A session's own statuses. */
  status: (streamId: string) => streamId,
  events: (streamId: string) => `${streamId}|events`,
  receipts: (streamId: string, chatId: string) => `${streamId}|receipts|${chatId}`,
  messages: (streamId: string, chat: string) => `${streamId}|${chat}`,
}

/** The chat whose messages, or their statuses, a lane delivers; null: a session's own. */
export function chatOfLane(lane: string): string | null {
  const kind = kindOfLane(lane)
  if (kind !== 'messages' && kind !== 'receipt') return null
  return lane.slice(lane.indexOf('|', kind === 'receipt' ? lane.indexOf('|') + 1 : 0) + 1)
}

/** What a lane delivers. A chat is named by a jid, which has an @. */
export function kindOfLane(lane: string): DeliveryKind {
  const at = lane.indexOf('|')
  if (at < 0) return 'status'
  if (lane.startsWith('receipts|', at + 1)) return 'receipt'
  return lane.length === at + 7 && lane.endsWith('|events') ? 'events' : 'messages'
}

export interface NewDelivery {
  /** `{stream_id}.{seq}.{kind}`: the same for every retry and replay. */
  webhookId: string
  kind: DeliveryKind
  /** Deliveries of one lane go out strictly in order. */
  lane: string
  sessionId: string
  seq: number
  at: number
  /** What Laravel gets; null for `messages`: then it is `session_id` and the content of the message with this seq, joined when read. */
  payload: Record<string, unknown> | null
}

/** A pending or dead delivery with all that is needed to send it. */
export interface DeliveryRow extends Omit<NewDelivery, 'payload'> {
  id: number
  streamId: string
  payload: Record<string, unknown>
  /** The row is damaged, or of a kind that this version does not know: `payload` is empty. */
  unreadable?: true
  /** Failures that were the message's own fault. */
  tries: number
  /** All failures so far: the index into the retry schedule. */
  attempts: number
  /** Not before this time. */
  nextAt: number
  lastError: string | null
  deadAt: number | null
  /** Of a message with a file. */
  download: DownloadState | null
}

export type DeliveryOutcome =
  /** Laravel answered 2xx; `acceptedStatus` of a session's status: what it has now accepted from us. */
  | { done: true; acceptedStatus?: AcceptedStatus & { streamId: string } }
  | { retryAt: number; error: string; countsTry: boolean; countsAttempt: boolean }
  | { dead: true; at: number; error: string }
  /** A dead letter lives again, with a whole lifetime before it from `at`. */
  | { redriven: true; at: number }
  /** What waits for its next attempt waits until `at` at most; that attempt takes the place of the one that was due, and counts once. */
  | { hastened: true; at: number }

/** What each stored payload says of its session; `seq` comes from its row. */
type OfSession = { session_id: string; user_id: SessionOwner['userId']; metadata: Metadata | null }

/**
 * The stored payload of a `receipt` delivery, a message status: what became of a send, forward only; `error` comes with `failed`.
 * `client_ref` and `metadata` are those that came with the send.
 */
export type MessageStatusPayload = OfSession & {
  message_id: string
  client_ref: string | null
  status: 'sent' | 'delivered' | 'read' | 'played' | 'failed'
  error: string | null
  timestamp: string
}

/** The stored payload of a `status` delivery, a session's status. */
export type SessionStatusPayload = OfSession & {
  estado_qr: EstadoQr
  reason: string | null
  reason_text: string | null
  wa_id: string | null
  session_data: { state: string; detail: string | null; push_name: string | null; lid: string | null }
}

/** The stored payload of an `events` delivery: what happened to an account beside messages; what else it has depends on its type. */
export type AccountEventPayload = OfSession & {
  event_id: string
  type: AccountEventType
  at: string
  [field: string]: unknown
}
