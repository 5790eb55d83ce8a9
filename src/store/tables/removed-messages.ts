import type { Statements } from '../statements.ts'

/** For this long what WhatsApp delivers again is known, though its message was removed: it keeps what is not acknowledged as long. */
const KEEP_TOLD_MS = 30 * 24 * 60 * 60 * 1000

export interface RemovedMessage {
  direction: 'in' | 'out'
  status: string
  chat_id: string
  dedupe_key: string
  at: number
}

const HISTORY = 'history|'
const TAKEN = new Set(['sent', 'delivered', 'read', 'played'])

/** What stays of a message that is removed for its age: its key while it may come again, and that its chat is none with a stranger. */
export function rememberMessage(sql: Statements, streamId: string, message: RemovedMessage, now: number) {
  const { direction, status, chat_id, dedupe_key: key, at } = message
  const imported = key.startsWith(HISTORY)
  if (direction === 'in' && !imported && at > now - KEEP_TOLD_MS)
    sql.run('INSERT OR IGNORE INTO told (stream_id, dedupe_key, at) VALUES (?, ?, ?)', streamId, key, at)
  const chat = direction === 'out' ? chat_id : (imported ? key.slice(HISTORY.length) : key).split('|')[0]!
  if (direction === 'in' || TAKEN.has(status))
    sql.run('INSERT OR IGNORE INTO former_chats (stream_id, chat_id) VALUES (?, ?)', streamId, chat)
}

export const hadChat = (sql: Statements, streamId: string, chat: string): boolean =>
  sql.get('SELECT 1 FROM former_chats WHERE stream_id = ? AND chat_id = ?', streamId, chat) !== undefined

/** Erases at most `limit` of what stayed of a session's removed messages; returns their number. */
export function eraseRemembered(sql: Statements, streamId: string, limit: number): number {
  const told = sql.run(
    `DELETE FROM told WHERE stream_id = ?1 AND dedupe_key IN
       (SELECT dedupe_key FROM told WHERE stream_id = ?1 ORDER BY dedupe_key LIMIT ?2)`,
    streamId,
    limit,
  )
  return (
    told +
    sql.run(
      `DELETE FROM former_chats WHERE stream_id = ?1 AND chat_id IN
         (SELECT chat_id FROM former_chats WHERE stream_id = ?1 ORDER BY chat_id LIMIT ?2)`,
      streamId,
      limit - told,
    )
  )
}

/** Forgets at most `limit` messages that come no more. */
export function pruneTold(sql: Statements, now: number, limit: number): void {
  sql.run(
    `DELETE FROM told WHERE (stream_id, dedupe_key) IN
       (SELECT stream_id, dedupe_key FROM told INDEXED BY told_age WHERE at < ? ORDER BY at LIMIT ?)`,
    now - KEEP_TOLD_MS,
    limit,
  )
}
