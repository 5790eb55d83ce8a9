import { type MediaSource, messageRefOf } from '../../messages/message-ref.ts'
import type { ReceivedContent } from '../../messages/received.ts'
import type { DamagedDownload, Download, DownloadOutcome, DownloadTable } from '../../ports/download-table.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Statements } from '../statements.ts'
import { isNeeded, noteUnneeded } from './media.ts'
import { objectIn } from './stored-json.ts'

export type DownloadColumns = {
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

export function toDownload(row: DownloadColumns): Download | DamagedDownload {
  const [content, source] = [objectIn(row.content), objectIn(row.source)]
  const known = {
    streamId: row.stream_id,
    sessionId: row.session_id,
    seq: row.seq,
    dedupeKey: row.dedupe_key,
    attempts: row.attempts,
    at: row.at,
    nextAt: row.next_at,
  }
  if (content === null || source === null) return { ...known, damaged: true }
  const message = messageRefOf(content as unknown as ReceivedContent)
  return { ...known, message, source: source as unknown as MediaSource }
}

export type DownloadReads = Omit<DownloadTable, 'settle'>

export function downloadReads(sql: Statements): Synchronous<DownloadReads> {
  return {
    streamsDue: now =>
      // Jumps from stream to stream along the index, whatever the number of files of each.
      sql
        .all<{ stream_id: string }>(
          `WITH RECURSIVE pending(stream_id) AS (
             SELECT min(stream_id) FROM downloads INDEXED BY downloads_by_stream WHERE state = 'pending'
             UNION ALL
             SELECT (SELECT min(d.stream_id) FROM downloads d INDEXED BY downloads_by_stream
                     WHERE d.state = 'pending' AND d.stream_id > p.stream_id)
             FROM pending p WHERE p.stream_id IS NOT NULL
           )
           SELECT stream_id FROM pending p WHERE stream_id IS NOT NULL AND (
             SELECT min(d.next_at) FROM downloads d INDEXED BY downloads_by_stream
             WHERE d.state = 'pending' AND d.stream_id = p.stream_id) <= ?`,
          now,
        )
        .map(row => row.stream_id),
    due: (streamId, now, limit) =>
      sql
        .all<DownloadColumns>(
          `SELECT d.stream_id, s.session_id, d.seq, d.source, d.attempts, d.at, d.next_at, m.dedupe_key, m.content
           FROM downloads d INDEXED BY downloads_by_stream CROSS JOIN sessions s ON s.stream_id = d.stream_id
           CROSS JOIN messages m ON m.stream_id = d.stream_id AND m.seq = d.seq
           WHERE s.erased_at IS NULL AND d.state = 'pending' AND d.stream_id = ? AND d.next_at <= ? ORDER BY d.next_at, d.seq LIMIT ?`,
          streamId,
          now,
          limit,
        )
        .map(toDownload),
    hasPending: streamId =>
      sql.get(
        "SELECT 1 FROM downloads INDEXED BY downloads_by_stream WHERE state = 'pending' AND stream_id = ? LIMIT 1",
        streamId,
      ) !== undefined,
    nextAt: after =>
      sql.get<{ at: number | null }>(
        "SELECT min(next_at) AS at FROM downloads INDEXED BY downloads_pending WHERE state = 'pending' AND next_at > ?",
        after,
      )!.at,
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
  for (const { seq, source, at } of downloads) {
    isNeeded(sql, source.id)
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

/** Erases at most `limit` downloads of a session, and notes the files that nobody else has; returns their number. */
export function eraseDownloads(sql: Statements, streamId: string, limit: number): number {
  const rows = sql.all<{ seq: number; media_id: string }>(
    'SELECT seq, media_id FROM downloads WHERE stream_id = ? ORDER BY seq LIMIT ?',
    streamId,
    limit,
  )
  for (const { seq } of rows) sql.run('DELETE FROM downloads WHERE stream_id = ? AND seq = ?', streamId, seq)
  noteUnneeded(
    sql,
    rows.map(row => row.media_id),
  )
  return rows.length
}
