import type { MediaChange, MediaTable } from '../../ports/media/media-store.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { Statements } from '../statements.ts'

export type MediaReads = Omit<MediaTable, 'changed'>

export function mediaReads(sql: Statements): Synchronous<MediaReads> {
  const ids = (rows: { media_id: string }[]) => rows.map(({ media_id }) => media_id)
  return {
    isComplete: () => sql.get('SELECT 1 FROM store WHERE media_listed = 1') !== undefined,
    unusedSince: (before, limit) =>
      ids(sql.all('SELECT media_id FROM media WHERE used_at < ? ORDER BY used_at LIMIT ?', before, limit)),
    unneeded: limit => ids(sql.all('SELECT media_id FROM unneeded_media ORDER BY media_id LIMIT ?', limit)),
    isUnneeded: id => sql.get('SELECT 1 FROM unneeded_media WHERE media_id = ?', id) !== undefined,
  }
}

const KNOWN = 'INSERT INTO media (media_id, used_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET used_at = max'

export function writeMedia(sql: Statements, changes: MediaChange[]): void {
  for (const change of changes)
    if ('stored' in change) {
      sql.run(`${KNOWN}(used_at, excluded.used_at)`, change.stored, change.at)
      isNeeded(sql, change.stored)
    } else if ('used' in change)
      sql.run('UPDATE media SET used_at = max(used_at, ?) WHERE media_id = ?', change.at, change.used)
    else if ('found' in change) sql.run(`${KNOWN}(used_at, excluded.used_at)`, change.found, 0)
    else if ('complete' in change) sql.run('UPDATE store SET media_listed = 1')
    else if ('removed' in change)
      sql.run('DELETE FROM media WHERE media_id = ? AND used_at < ?', change.removed, change.before)
    else {
      sql.run(
        'DELETE FROM media WHERE media_id = ?1 AND EXISTS (SELECT 1 FROM unneeded_media WHERE media_id = ?1)',
        change.gone,
      )
      isNeeded(sql, change.gone)
    }
}

/** A message has it. */
export function isNeeded(sql: Statements, id: string): void {
  sql.run('DELETE FROM unneeded_media WHERE media_id = ?', id)
}

/** The file of a send, of its row in `messages`; one torn row must not keep all others from going. */
export const FILE_OF_SEND =
  "CASE WHEN direction = 'out' AND json_valid(content) THEN json_extract(content, '$.media.id') END"

/** Notes which of these files no message has any more, sends of before aside. */
export function noteUnneeded(sql: Statements, ids: string[]): void {
  if (ids.length === 0) return
  sql.run(
    `INSERT OR IGNORE INTO unneeded_media SELECT value FROM json_each(?) WHERE NOT EXISTS (
       SELECT 1 FROM downloads d INDEXED BY downloads_by_media WHERE d.media_id = value
     ) AND value NOT IN (
       SELECT ${FILE_OF_SEND} FROM messages INDEXED BY messages_unsent
         WHERE direction = 'out' AND status IN ('queued', 'transmitted')
           AND stream_id NOT IN (SELECT stream_id FROM erasures) AND ${FILE_OF_SEND} IS NOT NULL
     )`,
    JSON.stringify(ids),
  )
}
