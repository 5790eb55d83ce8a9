import type { ReceivedContent } from '../../../messages/received.ts'
import type { IdempotencyRow, MessageTable, OriginalMessage } from '../../../ports/message-table.ts'
import { KEEP_KEYS_MS } from '../../tables/idempotency.ts'
import { type MessageColumns, toMessage } from '../../tables/messages.ts'
import { objectIn } from '../../tables/stored-json.ts'
import type { AbsentMessages } from '../absent-messages.ts'
import type { Sql } from '../connection.ts'

const COLUMNS = 'message_id, chat_id, direction, content, status, attempts, seq, at, error, history'
const UNSENT = "direction = 'out' AND status IN ('queued', 'transmitted')"
const SENT = "stream_id = $1 AND message_id = $2 AND direction = 'out' ORDER BY seq DESC LIMIT 1"

export function messageReads(sql: Sql, absent: AbsentMessages): MessageTable {
  const countUnsent = async (streamId: string, most: number) => {
    const row = await sql.get<{ unsent: number }>(
      `SELECT count(*) AS unsent FROM (SELECT 1 FROM messages WHERE stream_id = $1 AND ${UNSENT} LIMIT $2) AS m`,
      streamId,
      most,
    )
    return row!.unsent
  }
  return {
    async find(streamId, messageId, direction) {
      // No text has it there, and the server takes it for a fault of the query.
      if (messageId.includes('\0')) return null
      // WhatsApp ids are unique per chat and sender only: the newest wins.
      const row = await sql.get<MessageColumns>(
        `SELECT ${COLUMNS} FROM messages WHERE stream_id = $1 AND message_id = $2 AND direction = ANY($3)
         ORDER BY seq DESC LIMIT 1`,
        streamId,
        messageId,
        direction === undefined ? ['in', 'out'] : [direction],
      )
      return row ? toMessage(row) : null
    },
    async hasDedupeKey(streamId, dedupeKey) {
      if (absent.has(streamId, dedupeKey)) return false
      const row = await sql.get(
        'SELECT 1 FROM message_keys WHERE stream_id = $1 AND dedupe_key = $2',
        streamId,
        dedupeKey,
      )
      return row !== undefined
    },
    async goneTo(streamId) {
      const row = await sql.get<{ seq: number }>(
        'SELECT messages_gone_to AS seq FROM sessions WHERE stream_id = $1',
        streamId,
      )
      return row?.seq ?? 0
    },
    async unsent(streamId) {
      const rows = await sql.all<MessageColumns>(
        `SELECT ${COLUMNS} FROM messages WHERE stream_id = $1 AND ${UNSENT} ORDER BY seq`,
        streamId,
      )
      return rows.map(toMessage)
    },
    hasUnsent: async streamId => (await countUnsent(streamId, 1)) > 0,
    unsentOf: countUnsent,
    async overdue(at, limit, after = { streamId: '', seq: 0 }) {
      const rows = await sql.all<{ stream_id: string; seq: number; session_id: string; message_id: string }>(
        `SELECT m.stream_id, m.seq, s.session_id, m.message_id FROM messages m
         JOIN sessions s ON s.stream_id = m.stream_id AND s.erased_at IS NULL
         WHERE m.direction = 'out' AND m.status IN ('queued', 'transmitted') AND (m.stream_id, m.seq) > ($1, $2) AND m.at < $3
         ORDER BY m.stream_id, m.seq LIMIT $4`,
        after.streamId,
        after.seq,
        at,
        limit,
      )
      return rows.map(row => ({
        streamId: row.stream_id,
        seq: row.seq,
        sessionId: row.session_id,
        messageId: row.message_id,
      }))
    },
    async idempotent(streamId, key, now): Promise<IdempotencyRow | null> {
      const row = await sql.get<Omit<IdempotencyRow, 'messageId'> & { message_id: string }>(
        'SELECT key, hash, message_id, at FROM idempotency WHERE stream_id = $1 AND key = $2 AND at > $3',
        streamId,
        key,
        now - KEEP_KEYS_MS,
      )
      return row ? { key: row.key, hash: row.hash, messageId: row.message_id, at: row.at } : null
    },
    async encoded(streamId, messageId) {
      const row = await sql.get<{ proto: Uint8Array | null }>(
        `SELECT proto FROM messages WHERE ${SENT}`,
        streamId,
        messageId,
      )
      return row?.proto ?? null
    },
    async originals(streamId, messageId) {
      const rows = await sql.all<{ content: string; secret: Uint8Array | null }>(
        `SELECT content, secret FROM messages WHERE stream_id = $1 AND message_id = $2
         ORDER BY seq DESC LIMIT 20`,
        streamId,
        messageId,
      )
      return rows.flatMap(({ content, secret }) => {
        const original = objectIn(content) as OriginalMessage['content'] | null
        return original === null ? [] : [{ content: original, secret }]
      })
    },
    async secretOf(streamId, messageId) {
      const row = await sql.get<{ secret: Uint8Array | null }>(
        `SELECT secret FROM messages WHERE ${SENT}`,
        streamId,
        messageId,
      )
      return row?.secret ?? null
    },
    async knowsChat(streamId, chatIds) {
      if (chatIds.length === 0) return false
      const row = await sql.get<{ known: boolean }>(
        // The key of what arrived begins with its chat; `}` comes after `|`.
        `SELECT EXISTS (SELECT 1 FROM unnest($2::text[]) AS u(chat) WHERE
           EXISTS (SELECT 1 FROM messages m WHERE m.stream_id = $1 AND m.chat_id = u.chat AND m.direction = 'out'
             AND m.status IN ('sent', 'delivered', 'read', 'played'))
           OR EXISTS (SELECT 1 FROM former_chats f WHERE f.stream_id = $1 AND f.chat_id = u.chat)
           OR EXISTS (SELECT 1 FROM message_keys k WHERE k.stream_id = $1
             AND k.dedupe_key > u.chat || '|' AND k.dedupe_key < u.chat || '}')
           OR EXISTS (SELECT 1 FROM message_keys k WHERE k.stream_id = $1
             AND k.dedupe_key > 'history|' || u.chat || '|' AND k.dedupe_key < 'history|' || u.chat || '}')) AS known`,
        streamId,
        chatIds,
      )
      return row!.known
    },
    async inChat(streamId, chatIds, before, limit) {
      // What of the history of before the link arrived once more is shown as it arrived.
      const rows = await sql.all<MessageColumns>(
        `SELECT ${COLUMNS} FROM messages m WHERE stream_id = $1 AND chat_id = ANY($2) AND seq < $3
           AND NOT (dedupe_key LIKE 'history|%' AND EXISTS (SELECT 1 FROM message_keys k
             WHERE k.stream_id = m.stream_id AND k.dedupe_key = substr(m.dedupe_key, 9) AND NOT k.gone))
         ORDER BY seq DESC LIMIT $4`,
        streamId,
        chatIds,
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
      return rows.map(toMessage)
    },
    async received(streamId, after, until, limit) {
      const rows = await sql.all<{ seq: number; dedupe_key: string }>(
        `SELECT seq, dedupe_key FROM messages WHERE stream_id = $1 AND seq > $2 AND seq <= $3 AND direction = 'in'
         AND dedupe_key NOT LIKE 'history|%' ORDER BY seq LIMIT $4`,
        streamId,
        after,
        until,
        limit,
      )
      return rows.map(row => ({ seq: row.seq, dedupeKey: row.dedupe_key }))
    },
    async unread(streamId, after, until) {
      const rows = await sql.all<{ seq: number; content: string; proto: Uint8Array }>(
        `SELECT seq, content, proto FROM messages WHERE stream_id = $1 AND seq > $2 AND seq <= $3
         AND direction = 'in' AND proto IS NOT NULL ORDER BY seq`,
        streamId,
        after,
        until,
      )
      return rows.flatMap(row => {
        const content = objectIn(row.content) as ReceivedContent | null
        return content === null ? [] : [{ ...row, content }]
      })
    },
  }
}
