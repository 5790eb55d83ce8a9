import type { ReceivedContent } from '../../messages/received.ts'
import { type MessageStatus, movesForward } from '../../messages/status.ts'
import type { MessageRow, MessageTable, OriginalMessage } from '../../ports/message-table.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { EncodedWrite, MessageInsert, MessageUpdate } from '../encoded-write.ts'
import type { Statements } from '../statements.ts'
import { idempotent } from './idempotency.ts'
import { hadChat } from './removed-messages.ts'
import { listIn, objectIn } from './stored-json.ts'
import { standInFor } from './torn-message.ts'

export type MessageColumns = {
  message_id: string
  chat_id: string
  direction: 'in' | 'out'
  content: string
  status: MessageStatus
  attempts: number
  seq: number
  at: number
  error: string | null
  history: string
}

const COLUMNS = 'message_id, chat_id, direction, content, status, attempts, seq, at, error, history'

/** Without the index SQLite would look through all messages of the session. */
const BY_ID = 'messages INDEXED BY messages_by_id'
const SENT = "stream_id = ? AND message_id = ? AND direction = 'out'"

const MAX_SEQ = Number.MAX_SAFE_INTEGER

/** What of the history of before the link arrived once more is shown as it arrived. */
const IN_CHAT = `SELECT ${COLUMNS} FROM messages m INDEXED BY messages_by_chat
  WHERE stream_id = ? AND chat_id = ? AND seq < ?
    AND NOT (dedupe_key LIKE 'history|%' AND EXISTS (
      SELECT 1 FROM messages o WHERE o.stream_id = m.stream_id AND o.dedupe_key = substr(m.dedupe_key, 9)))
  ORDER BY seq DESC LIMIT ?`

export function toMessage(row: MessageColumns): MessageRow {
  const content = objectIn(row.content)
  return {
    messageId: row.message_id,
    chatId: row.chat_id,
    direction: row.direction,
    content: (content ?? standInFor(row)) as MessageRow['content'],
    ...(content === null && { unreadable: true }),
    status: row.status,
    attempts: row.attempts,
    seq: row.seq,
    at: row.at,
    error: row.error,
    history: historyOf(row),
  }
}

const historyOf = ({ history }: Pick<MessageColumns, 'history'>) => listIn(history) as MessageRow['history']

function countUnsent(sql: Statements, streamId: string, most: number): number {
  const text = `SELECT count(*) AS unsent FROM (SELECT 1 FROM messages INDEXED BY messages_unsent
    WHERE stream_id = ? AND direction = 'out' AND status IN ('queued', 'transmitted') LIMIT ?)`
  return sql.get<{ unsent: number }>(text, streamId, most)!.unsent
}

export function messageReads(sql: Statements): Synchronous<MessageTable> {
  return {
    find(streamId, messageId, direction) {
      // WhatsApp ids are unique per chat and sender only: the newest wins.
      const row = sql.get<MessageColumns>(
        `SELECT ${COLUMNS} FROM ${BY_ID} WHERE stream_id = ?1 AND message_id = ?2 AND (?3 IS NULL OR direction = ?3) ORDER BY seq DESC LIMIT 1`,
        streamId,
        messageId,
        direction ?? null,
      )
      return row ? toMessage(row) : null
    },
    hasDedupeKey: (streamId, dedupeKey) =>
      sql.get(
        `SELECT 1 FROM messages WHERE stream_id = ?1 AND dedupe_key = ?2
         UNION ALL SELECT 1 FROM told WHERE stream_id = ?1 AND dedupe_key = ?2 LIMIT 1`,
        streamId,
        dedupeKey,
      ) !== undefined,
    goneTo: streamId =>
      sql.get<{ seq: number }>('SELECT messages_gone_to AS seq FROM sessions WHERE stream_id = ?', streamId)
        ?.seq ?? 0,
    unsent: streamId =>
      sql
        .all<MessageColumns>(
          `SELECT ${COLUMNS} FROM messages INDEXED BY messages_unsent WHERE stream_id = ? AND direction = 'out' AND status IN ('queued', 'transmitted') ORDER BY seq`,
          streamId,
        )
        .map(toMessage),
    hasUnsent: streamId => countUnsent(sql, streamId, 1) > 0,
    unsentOf: (streamId, most) => countUnsent(sql, streamId, most),
    overdue: (at, limit, after = { streamId: '', seq: 0 }) =>
      // Small: what is under way now, of all sessions.
      sql
        .all<{ stream_id: string; seq: number; session_id: string; message_id: string }>(
          `SELECT m.stream_id, m.seq, s.session_id, m.message_id FROM messages m INDEXED BY messages_unsent
           CROSS JOIN sessions s ON s.stream_id = m.stream_id
           WHERE m.direction = 'out' AND m.status IN ('queued', 'transmitted') AND (m.stream_id, m.seq) > (?, ?) AND m.at < ?
             AND s.erased_at IS NULL
           ORDER BY m.stream_id, m.seq LIMIT ?`,
          after.streamId,
          after.seq,
          at,
          limit,
        )
        .map(row => ({
          streamId: row.stream_id,
          seq: row.seq,
          sessionId: row.session_id,
          messageId: row.message_id,
        })),
    received: (streamId, after, until, limit) =>
      sql
        .all<{ seq: number; dedupe_key: string }>(
          `SELECT seq, dedupe_key FROM messages WHERE stream_id = ? AND seq > ? AND seq <= ? AND direction = 'in'
           AND dedupe_key NOT LIKE 'history|%' ORDER BY seq LIMIT ?`,
          streamId,
          after,
          until,
          limit,
        )
        .map(row => ({ seq: row.seq, dedupeKey: row.dedupe_key })),
    unread: (streamId, after, until) =>
      sql
        .all<{ seq: number; content: string; proto: Uint8Array<ArrayBuffer> }>(
          `SELECT seq, content, proto FROM messages WHERE stream_id = ? AND seq > ? AND seq <= ? AND direction = 'in'
           AND proto IS NOT NULL ORDER BY seq`,
          streamId,
          after,
          until,
        )
        .flatMap(row => {
          const content = objectIn(row.content) as ReceivedContent | null
          return content === null ? [] : [{ ...row, content }]
        }),
    knowsChat: (streamId, chatIds) =>
      chatIds.some(
        chat =>
          sql.get(
            `SELECT 1 FROM messages INDEXED BY messages_taken
             WHERE stream_id = ? AND chat_id = ? AND direction = 'out' AND status IN ('sent', 'delivered', 'read', 'played') LIMIT 1`,
            streamId,
            chat,
          ) !== undefined ||
          hadChat(sql, streamId, chat) ||
          ['', 'history|'].some(prefix => {
            // The key of what arrived begins with its chat; `}` comes after `|`.
            const key = `${prefix}${chat}`
            const range =
              'SELECT 1 FROM messages WHERE stream_id = ? AND dedupe_key > ? AND dedupe_key < ? LIMIT 1'
            return sql.get(range, streamId, `${key}|`, `${key}}`) !== undefined
          }),
      ),
    inChat: (streamId, chatIds, before, limit) =>
      chatIds
        .flatMap(chat => sql.all<MessageColumns>(IN_CHAT, streamId, chat, before ?? MAX_SEQ, limit))
        .toSorted((one, other) => other.seq - one.seq)
        .slice(0, limit)
        .map(toMessage),
    encoded: (streamId, messageId) =>
      sql.get<{ proto: Uint8Array<ArrayBuffer> | null }>(
        `SELECT proto FROM ${BY_ID} WHERE ${SENT}`,
        streamId,
        messageId,
      )?.proto ?? null,
    originals: (streamId, messageId) =>
      sql
        .all<{ content: string; secret: Uint8Array<ArrayBuffer> | null }>(
          `SELECT content, secret FROM ${BY_ID}
           WHERE stream_id = ? AND message_id = ? ORDER BY seq DESC LIMIT 20`,
          streamId,
          messageId,
        )
        .flatMap(({ content, secret }) => {
          const original = objectIn(content) as OriginalMessage['content'] | null
          return original === null ? [] : [{ content: original, secret }]
        }),
    secretOf: (streamId, messageId) =>
      sql.get<{ secret: Uint8Array<ArrayBuffer> | null }>(
        `SELECT secret FROM ${BY_ID} WHERE ${SENT}`,
        streamId,
        messageId,
      )?.secret ?? null,
    idempotent: (streamId, key, now) => idempotent(sql, streamId, key, now),
  }
}

export function writeMessages(
  sql: Statements,
  streamId: string,
  messages: NonNullable<EncodedWrite['messages']>,
): void {
  for (const message of messages)
    if ('insert' in message) insert(sql, streamId, message.insert)
    else if ('prepared' in message) {
      const { messageId, content } = message.prepared
      sql.run(`UPDATE ${BY_ID} SET content = ? WHERE ${SENT}`, content, streamId, messageId)
    } else if ('refused' in message) {
      const { messageId, error } = message.refused
      sql.run(
        `UPDATE ${BY_ID} SET attempts = max(attempts - 1, 0), error = ? WHERE ${SENT} AND status IN ('queued', 'transmitted')`,
        error,
        streamId,
        messageId,
      )
    } else if ('encoded' in message) {
      const { messageId, proto } = message.encoded
      sql.run(
        `UPDATE ${BY_ID} SET proto = ? WHERE ${SENT}`,
        proto as Uint8Array<ArrayBuffer>,
        streamId,
        messageId,
      )
    } else if ('reread' in message) {
      const { seq, content } = message.reread
      sql.run(
        'UPDATE messages SET content = ?, proto = NULL WHERE stream_id = ? AND seq = ?',
        content,
        streamId,
        seq,
      )
    } else update(sql, streamId, message.update)
}

function insert(sql: Statements, streamId: string, message: MessageInsert): void {
  sql.run(
    `INSERT INTO messages (stream_id, seq, message_id, chat_id, direction, dedupe_key, content, status, at, history, secret, proto)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    streamId,
    message.seq,
    message.messageId,
    message.chatId,
    message.direction,
    message.dedupeKey,
    message.content,
    message.status,
    message.at,
    JSON.stringify([{ status: message.status, at: message.at, forLaravel: message.forLaravel }]),
    (message.secret as Uint8Array<ArrayBuffer> | undefined) ?? null,
    (message.proto as Uint8Array<ArrayBuffer> | undefined) ?? null,
  )
}

type Progress = {
  seq: number
  status: MessageStatus
  attempts: number
  error: string | null
  history: string
}

function update(sql: Statements, streamId: string, { messageId, status, at, error, attempt }: MessageUpdate) {
  const row = sql.get<Progress>(
    `SELECT seq, status, attempts, error, history FROM ${BY_ID}
     WHERE stream_id = ? AND message_id = ? AND direction = 'out' ORDER BY seq DESC LIMIT 1`,
    streamId,
    messageId,
  )
  if (!row) return
  const moves = movesForward(row.status, status)
  if (!moves && !attempt) return
  const step = { status, at, ...(error !== undefined && { error }) }
  sql.run(
    'UPDATE messages SET status = ?, attempts = ?, error = ?, history = ? WHERE stream_id = ? AND seq = ?',
    moves ? status : row.status,
    row.attempts + (attempt ? 1 : 0),
    moves || attempt ? (error ?? null) : row.error,
    moves ? JSON.stringify([...historyOf(row), step]) : row.history,
    streamId,
    row.seq,
  )
}

/**
 * Erases the words of at most `limit` messages from before `before`, oldest first: bodies, captions, what went out encoded, secrets. Those
 * that wait for Laravel or for WhatsApp keep theirs. Returns the number of messages.
 */
export function eraseBodies(sql: Statements, before: number, limit: number, now: number): number {
  return sql.run(
    `UPDATE messages SET proto = NULL, secret = NULL, erased_at = ?, content = CASE WHEN json_valid(content) THEN json_remove(
       json_replace(content, '$.body', NULL, '$.caption', NULL, '$.name', NULL, '$.address', NULL,
         '$.contacts', json('[]'), '$.options', json('[]'), '$.media.thumbnail', NULL),
       '$.quoted', '$.selection', '$.referral', '$.order', '$.product', '$.raw', '$.preview', '$.metadata') ELSE '{}' END
     WHERE (stream_id, seq) IN (
       SELECT m.stream_id, m.seq FROM messages m INDEXED BY messages_whole
       WHERE m.erased_at IS NULL AND m.at < ? AND NOT (m.direction = 'out' AND m.status IN ('queued', 'transmitted'))
         AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.stream_id = m.stream_id AND d.seq = m.seq
           AND d.kind = 'messages' AND d.dead_at IS NULL)
       ORDER BY m.at LIMIT ?)`,
    now,
    before,
    limit,
  )
}
