import type { ReceivedContent } from '../../messages/received.ts'
import { messageRefOf } from '../../messages/received.ts'
import type { Download, DownloadOutcome, DownloadTable } from '../../ports/download-table.ts'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Statements } from '../statements.ts'

type DownloadColumns = {
  stream_id: string
  session_id: string
  seq: number
  source: string
  attempts: number
  at: number
  next_at: number
  dedupe_key: string
  content: string
}

export function downloadReads(sql: Statements): Omit<DownloadTable, 'settle'> {
  return {
    due: (now, limit) =>
      sql
        .all<DownloadColumns>(
          `SELECT d.stream_id, s.session_id, d.seq, d.source, d.attempts, d.at, d.next_at, m.dedupe_key, m.content
           FROM downloads d INDEXED BY downloads_pending JOIN sessions s ON s.stream_id = d.stream_id
           JOIN messages m ON m.stream_id = d.stream_id AND m.seq = d.seq
           WHERE d.state = 'pending' AND d.next_at <= ? ORDER BY d.next_at, d.stream_id, d.seq LIMIT ?`,
          now,
          limit,
        )
        .map(
          (row): Download => ({
            streamId: row.stream_id,
            sessionId: row.session_id,
            seq: row.seq,
            message: messageRefOf(JSON.parse(row.content) as ReceivedContent),
            dedupeKey: row.dedupe_key,
            source: JSON.parse(row.source),
            attempts: row.attempts,
            at: row.at,
            nextAt: row.next_at,
          }),
        ),
    nextAt: after =>
      sql.get<{ at: number | null }>(
        "SELECT min(next_at) AS at FROM downloads INDEXED BY downloads_pending WHERE state = 'pending' AND next_at > ?",
        after,
      )!.at,
    onlyOf: streamId =>
      sql
        .all<{ id: string }>(
          `WITH mine(id) AS (
             SELECT media_id FROM downloads WHERE stream_id = ?1
             UNION
             SELECT json_extract(content, '$.media.id') FROM messages
               WHERE stream_id = ?1 AND direction = 'out' AND json_extract(content, '$.media.id') IS NOT NULL
           )
           SELECT id FROM mine WHERE NOT EXISTS (
             SELECT 1 FROM downloads d INDEXED BY downloads_by_media WHERE d.media_id = mine.id AND d.stream_id <> ?1
           ) AND id NOT IN (
             SELECT json_extract(content, '$.media.id') FROM messages INDEXED BY messages_unsent
               WHERE direction = 'out' AND status IN ('queued', 'transmitted') AND stream_id <> ?1
                 AND json_extract(content, '$.media.id') IS NOT NULL
           )`,
          streamId,
        )
        .map(({ id }) => id),
    describe(mediaId) {
      const row = sql.get<{ media: string | null }>(
        `SELECT json_extract(m.content, '$.media') AS media FROM downloads d INDEXED BY downloads_by_media
         JOIN messages m ON m.stream_id = d.stream_id AND m.seq = d.seq WHERE d.media_id = ? ORDER BY d.at DESC LIMIT 1`,
        mediaId,
      )
      if (!row?.media) return null
      const { mimetype, filename } = JSON.parse(row.media) as { mimetype: string; filename: string | null }
      return { mimetype, filename }
    },
  }
}

export function writeDownloads(
  sql: Statements,
  streamId: string,
  downloads: NonNullable<EncodedWrite['downloads']>,
): void {
  for (const { seq, source, at } of downloads)
    sql.run(
      `INSERT INTO downloads (stream_id, seq, media_id, source, state, at, next_at) VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?5)
       ON CONFLICT DO NOTHING`,
      streamId,
      seq,
      source.id,
      JSON.stringify(source),
      at,
    )
}

/** The key to a file is forgotten with the last attempt to get it. */
export function settleDownload(
  sql: Statements,
  streamId: string,
  seq: number,
  outcome: DownloadOutcome,
): void {
  if ('done' in outcome || 'failed' in outcome)
    sql.run(
      "UPDATE downloads SET state = ?, source = '', error = ?, attempts = attempts + 1 WHERE stream_id = ? AND seq = ? AND state = 'pending'",
      'done' in outcome ? 'done' : 'failed',
      'failed' in outcome ? outcome.error : null,
      streamId,
      seq,
    )
  else
    sql.run(
      `UPDATE downloads SET attempts = attempts + 1, next_at = ?, error = ?, source = coalesce(?, source)
       WHERE stream_id = ? AND seq = ? AND state = 'pending'`,
      outcome.retryAt,
      outcome.error,
      outcome.source ? JSON.stringify(outcome.source) : null,
      streamId,
      seq,
    )
}

export function eraseDownloads(sql: Statements, streamId: string): void {
  sql.run('DELETE FROM downloads WHERE stream_id = ?', streamId)
}
