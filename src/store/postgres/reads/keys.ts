import type { InboxRow, KeyStore } from '../../../ports/key-store.ts'
import type { AbsentMessages } from '../absent-messages.ts'
import type { Sql } from '../connection.ts'

type Asked = { [column in keyof InboxRow]: InboxRow[column] | null } & { done: boolean; taken: string[] }

export function keyReads(sql: Sql, absent: AbsentMessages): KeyStore {
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
    async inbox(streamId, hash, messages = []) {
      const ask = () =>
        sql.get<Asked>(
          `SELECT i.hash, i.plaintext, i.stanza, i.at, i.done_at IS NOT NULL AS done,
             ARRAY(SELECT dedupe_key FROM message_keys WHERE stream_id = $1 AND dedupe_key = ANY($3)) AS taken
           FROM (SELECT) AS always LEFT JOIN inbox i ON i.stream_id = $1 AND i.hash = $2`,
          streamId,
          hash,
          [...messages],
        )
      const row = await absent.learn(streamId, messages, ask, answer => answer?.taken ?? [])
      if (row === undefined || row.hash === null) return null
      const { taken: _, ...known } = row
      return known as InboxRow & { done: boolean }
    },
    unfinished: streamId =>
      sql.all<InboxRow>(
        'SELECT hash, plaintext, stanza, at FROM inbox WHERE stream_id = $1 AND done_at IS NULL ORDER BY n',
        streamId,
      ),
  }
}
