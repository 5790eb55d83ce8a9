import type { InboxRow, KeyStore } from '../../../ports/key-store.ts'
import type { Sql } from '../connection.ts'

export function keyReads(sql: Sql): KeyStore {
  return {
    async get(streamId, type, ids) {
      if (ids.length === 0) return {}
      const rows = await sql.all<{ id: string; value: Uint8Array }>(
        'SELECT id, value FROM keys WHERE stream_id = $1 AND type = $2 AND id = ANY($3)',
        streamId,
        type,
        ids,
      )
      return Object.fromEntries(rows.map(({ id, value }) => [id, value]))
    },
    async inbox(streamId, hash) {
      const row = await sql.get<InboxRow & { done: boolean }>(
        `SELECT hash, plaintext, stanza, at, done_at IS NOT NULL AS done FROM inbox
         WHERE stream_id = $1 AND hash = $2`,
        streamId,
        hash,
      )
      return row ?? null
    },
    unfinished: streamId =>
      sql.all<InboxRow>(
        'SELECT hash, plaintext, stanza, at FROM inbox WHERE stream_id = $1 AND done_at IS NULL ORDER BY n',
        streamId,
      ),
  }
}
