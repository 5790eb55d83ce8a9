import type { DownloadOutcome } from '../../../ports/download-table.ts'
import { updateMany } from '../bulk.ts'
import type { Sql } from '../connection.ts'

/** Each download at most once; the key to a file is forgotten with the last attempt to get it. */
export function settleDownloads(
  sql: Sql,
  settled: { streamId: string; seq: number; outcome: DownloadOutcome }[],
): Promise<number> {
  return updateMany(
    sql,
    'downloads d',
    {
      set: `state = u.state, attempts = d.attempts + 1, error = u.error, source = coalesce(u.source, d.source),
        next_at = coalesce(u.next_at, d.next_at)`,
      columns: {
        stream_id: 'text',
        seq: 'bigint',
        state: 'text',
        error: 'text',
        source: 'text',
        next_at: 'bigint',
      },
      where: "d.stream_id = u.stream_id AND d.seq = u.seq AND d.state = 'pending'",
    },
    settled.map(({ streamId, seq, outcome }) => {
      if ('done' in outcome) return [streamId, seq, 'done', null, '', null]
      if ('failed' in outcome) return [streamId, seq, 'failed', outcome.error, '', null]
      const source = outcome.source ? JSON.stringify(outcome.source) : null
      return [streamId, seq, 'pending', outcome.error, source, outcome.retryAt]
    }),
  )
}
