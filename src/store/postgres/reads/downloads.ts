import type { DownloadTable } from '../../../ports/download-table.ts'
import { type DownloadColumns, toDownload } from '../../tables/downloads.ts'
import { objectIn } from '../../tables/stored-json.ts'
import type { Sql } from '../connection.ts'

export function downloadReads(sql: Sql): Omit<DownloadTable, 'settle'> {
  return {
    async streamsDue(now) {
      // Jumps from stream to stream along the index, whatever the number of files of each.
      const rows = await sql.all<{ stream_id: string }>(
        `WITH RECURSIVE pending AS (
           (SELECT stream_id, next_at FROM downloads WHERE state = 'pending' ORDER BY stream_id, next_at LIMIT 1)
           UNION ALL
           SELECT n.stream_id, n.next_at FROM pending p CROSS JOIN LATERAL (SELECT stream_id, next_at FROM downloads
             WHERE state = 'pending' AND stream_id > p.stream_id ORDER BY stream_id, next_at LIMIT 1) n
         )
         SELECT stream_id FROM pending WHERE next_at <= $1 ORDER BY stream_id`,
        now,
      )
      return rows.map(row => row.stream_id)
    },
    async due(streamId, now, limit) {
      const rows = await sql.all<DownloadColumns>(
        `SELECT d.stream_id, s.session_id, d.seq, d.source, d.attempts, d.at, d.next_at, m.dedupe_key, m.content
         FROM downloads d JOIN sessions s ON s.stream_id = d.stream_id AND s.erased_at IS NULL
         JOIN messages m ON m.stream_id = d.stream_id AND m.seq = d.seq
         WHERE d.state = 'pending' AND d.stream_id = $1 AND d.next_at <= $2 ORDER BY d.next_at, d.seq LIMIT $3`,
        streamId,
        now,
        limit,
      )
      return rows.map(toDownload)
    },
    async hasPending(streamId) {
      const row = await sql.get(
        "SELECT 1 FROM downloads WHERE state = 'pending' AND stream_id = $1 LIMIT 1",
        streamId,
      )
      return row !== undefined
    },
    async nextAt(after) {
      const row = await sql.get<{ at: number | null }>(
        "SELECT min(next_at) AS at FROM downloads WHERE state = 'pending' AND next_at > $1",
        after,
      )
      return row!.at
    },
    async describe(mediaId) {
      const row = await sql.get<{ content: string }>(
        `SELECT m.content FROM downloads d JOIN messages m ON m.stream_id = d.stream_id AND m.seq = d.seq
         WHERE d.media_id = $1 ORDER BY d.at DESC LIMIT 1`,
        mediaId,
      )
      const media =
        row && (objectIn(row.content)?.media as { mimetype: string; filename: string | null } | null)
      return media ? { mimetype: media.mimetype, filename: media.filename } : null
    },
  }
}
