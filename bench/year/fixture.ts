import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How much a data directory holds. */
export interface Size {
  sessions: number
  /** Of the first session, `s0`, over a year. */
  messages: number
  /** Chats of `s1` for which something waits for Laravel. */
  lanes: number
}

const DAY = 86_400_000

/**
 * A data directory that has run for a year. `begin` makes one with a single session, `s0`, that nobody is logged in to; the rest is built
 * in SQL, anew for each run: a copy kept from yesterday would be of yesterday's code.
 */
export async function yearOld(size: Size, begin: (dataDir: string) => Promise<void>): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'year-'))
  await begin(dataDir)
  grow(join(dataDir, 'store.sqlite'), size)
  return dataDir
}

function grow(file: string, { sessions, messages, lanes }: Size): void {
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN')
  const first = db.prepare('SELECT * FROM sessions').get() as Record<string, string | number>
  const { stream_id: stream, last_seq: last } = first as { stream_id: string; last_seq: number }
  const count = (n: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${n})`
  db.exec(`${count(sessions - 1)}
    INSERT INTO sessions (stream_id, session_id, user_id, epoch, last_seq, created_at, last_activity, announced, state_seq, top_state, search)
    SELECT 'stream-' || i, 's' || i, user_id, epoch, last_seq, created_at, last_activity, announced, state_seq, top_state, 's' || i
    FROM n, sessions WHERE session_id = 's0'`)
  db.exec(`${count(sessions - 1)}
    INSERT INTO events (stream_id, seq, at, type, data, state, context, machine_version)
    SELECT 'stream-' || i, seq, at, type, data, state, replace(context, '"s0"', '"s' || i || '"'), machine_version
    FROM n, events WHERE stream_id = '${stream}'`)
  const at = `${Date.now() - 365 * DAY} + i * ${Math.floor((365 * DAY) / messages)}`
  const content = `json_object('message_id', 'M' || i, 'from', '34600' || (i % 5000), 'from_lid', NULL, 'from_me', json('false'),
    'chat_id', (i % 5000) || '@lid', 'participant', NULL, 'is_group', json('false'), 'subject', NULL, 'push_name', 'Ana', 'type', 'text',
    'body', 'the words of message ' || i, 'caption', NULL, 'media', NULL, 'reply_to', NULL, 'timestamp', '2026-01-01T00:00:00.000Z',
    'offline', json('false'))`
  db.exec(`${count(messages)} INSERT INTO events (stream_id, seq, at, type, data)
    SELECT '${stream}', i + ${last}, ${at}, 'message.received', '{"messageId":"M' || i || '"}' FROM n`)
  db.exec(`${count(messages)}
    INSERT INTO messages (stream_id, seq, message_id, chat_id, direction, dedupe_key, content, status, at, history)
    SELECT '${stream}', i + ${last}, 'M' || i, (i % 5000) || '@lid', 'in', (i % 5000) || '@lid||0|M' || i, ${content}, 'received', ${at},
      '[{"status":"received","at":1}]' FROM n`)
  db.exec(`${count(Math.floor(messages / 10))} INSERT INTO keys (stream_id, type, id, value)
    SELECT '${stream}', 'session', i || '.0', zeroblob(900) FROM n`)
  db.exec(`UPDATE sessions SET last_seq = last_seq + ${messages} WHERE session_id = 's0'`)
  db.exec(`${count(lanes)}
    INSERT INTO deliveries (webhook_id, kind, lane, stream_id, session_id, seq, at, payload, next_at)
    SELECT 'stream-1.' || i || '.receipt', 'receipt', 'stream-1|receipts|' || i || '@lid', 'stream-1', 's1', 1000 + i, ${Date.now()}, '{}',
      ${Date.now() + DAY} FROM n`)
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}
