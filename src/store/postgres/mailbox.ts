import type { SendContent } from '../../messages/send.ts'
import type { Leaving, LeftSend, Mailbox } from '../../ports/cluster/mailbox.ts'
import { KEEP_KEYS_MS } from '../tables/idempotency.ts'
import type { Sql } from './connection.ts'
import { OWNERS_CHANNEL } from './owners.ts'
import { mediaOf } from './writes/messages.ts'

/** The same as a claim waits for: of the two, one sees what the other did. */
const LEAVE = `WITH life AS MATERIALIZED (
    SELECT stream_id, owner FROM sessions WHERE stream_id = $1 AND erased_at IS NULL AND (owner IS NULL OR owner = $2
      OR NOT EXISTS (SELECT FROM nodes WHERE lease_until > now() AND node = owner)) FOR SHARE
  ), promised AS (
    INSERT INTO idempotency AS known (stream_id, key, hash, message_id, at)
    SELECT stream_id, $3, $4, $5, $6 FROM life WHERE $3::text IS NOT NULL
    ON CONFLICT (stream_id, key) DO UPDATE SET hash = excluded.hash, message_id = excluded.message_id, at = excluded.at
      WHERE known.at <= $7
    RETURNING 1
  ), stored AS (
    INSERT INTO mailbox (stream_id, message_id, content, key, hash, media_id, at)
    SELECT stream_id, $5, $8, $3, $4, $9, $6 FROM life WHERE $3::text IS NULL OR EXISTS (SELECT FROM promised)
    RETURNING 1
  ) SELECT (SELECT count(*) FROM life) AS lives, (SELECT count(*) FROM stored) AS stored,
    (SELECT pg_notify('${OWNERS_CHANNEL}' || store.id, '') FROM store, life WHERE owner = $2 AND EXISTS (SELECT FROM stored)) AS told`

interface Columns {
  message_id: string
  content: string
  key: string | null
  hash: string | null
  at: number
}

const toSend = ({ message_id, content, key, hash, at }: Columns): LeftSend => ({
  messageId: message_id,
  content: JSON.parse(content) as SendContent,
  promised: key === null || hash === null ? null : { key, hash },
  at,
})

/** The mailbox of a store whose tables are there. */
export function createMailbox(sql: Sql): Mailbox {
  return {
    async leave(streamId, { messageId, content, promised, at }, gone): Promise<Leaving> {
      const json = JSON.stringify(content)
      const { key = null, hash = null } = promised ?? {}
      const row = await sql.get<{ lives: number; stored: number }>(
        LEAVE,
        ...[streamId, gone, key, hash, messageId, at, at - KEEP_KEYS_MS, json, mediaOf(json)],
      )
      if (row!.stored > 0) return 'stored'
      return row!.lives > 0 ? 'known' : 'owned'
    },

    async of(streamId) {
      const rows = await sql.all<Columns>(
        'SELECT message_id, content, key, hash, at FROM mailbox WHERE stream_id = $1 ORDER BY n',
        streamId,
      )
      return rows.map(toSend)
    },

    async find(streamId, messageId) {
      const row = await sql.get<Columns>(
        'SELECT message_id, content, key, hash, at FROM mailbox WHERE stream_id = $1 AND message_id = $2 LIMIT 1',
        streamId,
        messageId,
      )
      return row === undefined ? null : toSend(row)
    },

    async taken(streamId, messageIds) {
      await sql.run('DELETE FROM mailbox WHERE stream_id = $1 AND message_id = ANY($2)', streamId, messageIds)
    },
  }
}
