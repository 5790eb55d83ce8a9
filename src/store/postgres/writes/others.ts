import type { MediaChange } from '../../../ports/media/media-store.ts'
import type { EncodedWrite } from '../../encoded-write.ts'
import { insertMany } from '../bulk.ts'
import type { Param, Sql } from '../connection.ts'

/** The last of what is said under each key. */
class Latest {
  #rows = new Map<string, Param[]>()

  set(row: Param[], ...key: Param[]): void {
    this.#rows.set(key.join('\0'), row)
  }

  get(...key: Param[]): Param[] | undefined {
    return this.#rows.get(key.join('\0'))
  }

  take(): Param[][] {
    const rows = [...this.#rows.values()]
    this.#rows = new Map()
    return rows
  }
}

/** People, names, timers of chats, events of accounts and files of one group of writes. */
export class OtherWrites {
  readonly #people = new Latest()
  readonly #timers = new Latest()
  readonly #downloads = new Latest()
  readonly #events = new Latest()
  readonly #names = new Latest()

  add(write: EncodedWrite): void {
    const {
      streamId,
      people = [],
      chatTimers = [],
      downloads = [],
      accountEvents = [],
      contactNames = [],
    } = write
    for (const { chatId, lid, number, username, names, learntAt } of people)
      for (const name of names) {
        const current = name === lid || name === number
        this.#people.set([streamId, name, chatId, current, username, learntAt], streamId, name)
      }
    for (const { chat, expiration, setAt } of chatTimers) {
      const before = this.#timers.get(streamId, chat)
      if (before === undefined || setAt >= (before[3] as number))
        this.#timers.set([streamId, chat, expiration, setAt], streamId, chat)
    }
    for (const { seq, source, at } of downloads)
      if (!this.#downloads.get(streamId, seq))
        this.#downloads.set(
          [streamId, seq, source.id, JSON.stringify(source), 'pending', at, at],
          streamId,
          seq,
        )
    // Two under one key are refused by the table.
    for (const { seq, key, event, happenedAt, at } of accountEvents)
      this.#events.set([streamId, seq, key, event, happenedAt, at], streamId, seq, key)
    for (const { jid, name } of contactNames) this.#names.set([streamId, jid, name], streamId, jid)
  }

  flush(sql: Sql): Promise<unknown> {
    const downloads = this.#downloads.take()
    return Promise.all([
      insertMany(
        sql,
        'people',
        {
          ...{ stream_id: 'text', name: 'text', chat_id: 'text', current: 'boolean', username: 'text' },
          learnt_at: 'bigint',
        },
        this.#people.take(),
        `ON CONFLICT (stream_id, name) DO UPDATE SET chat_id = excluded.chat_id, current = excluded.current,
           username = excluded.username, learnt_at = excluded.learnt_at`,
      ),
      insertMany(
        sql,
        'chat_timers',
        { stream_id: 'text', chat: 'text', expiration: 'bigint', set_at: 'bigint' },
        this.#timers.take(),
        `ON CONFLICT (stream_id, chat) DO UPDATE SET expiration = excluded.expiration, set_at = excluded.set_at
         WHERE excluded.set_at >= chat_timers.set_at`,
      ),
      downloads.length > 0 &&
        isNeeded(
          sql,
          downloads.map(row => row[2] as string),
        ),
      insertMany(
        sql,
        'downloads',
        {
          ...{ stream_id: 'text', seq: 'bigint', media_id: 'text', source: 'text', state: 'text' },
          ...{ at: 'bigint', next_at: 'bigint' },
        },
        downloads,
        'ON CONFLICT DO NOTHING',
      ),
      insertMany(
        sql,
        'account_events',
        {
          ...{ stream_id: 'text', seq: 'bigint', dedupe_key: 'text', event: 'text' },
          ...{ happened_at: 'bigint', at: 'bigint' },
        },
        this.#events.take(),
      ),
      insertMany(
        sql,
        'contact_names',
        { stream_id: 'text', jid: 'text', name: 'text' },
        this.#names.take(),
        'ON CONFLICT (stream_id, jid) DO UPDATE SET name = excluded.name',
      ),
    ])
  }
}

/** A message has them. */
export const isNeeded = (sql: Sql, ids: string[]): Promise<number> =>
  sql.run('DELETE FROM unneeded_media WHERE media_id = ANY($1)', ids)

/** Notes which of these files no message has any more, sends of before aside. */
export async function noteUnneeded(sql: Sql, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await sql.run(
    `INSERT INTO unneeded_media SELECT DISTINCT u.id FROM unnest($1::text[]) AS u(id)
     WHERE NOT EXISTS (SELECT 1 FROM downloads d WHERE d.media_id = u.id)
       AND NOT EXISTS (SELECT 1 FROM mailbox l WHERE l.media_id = u.id) AND NOT EXISTS (
       SELECT 1 FROM messages m WHERE m.direction = 'out' AND m.status IN ('queued', 'transmitted') AND m.media_id = u.id
         AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.stream_id = m.stream_id))
     ON CONFLICT DO NOTHING`,
    ids,
  )
}

const KNOWN = `INSERT INTO media (media_id, used_at) VALUES ($1, $2)
  ON CONFLICT (media_id) DO UPDATE SET used_at = greatest(media.used_at, excluded.used_at)`

/** In their order, which is that of the connection: each may be about the file of the one before. */
export function changeMedia(sql: Sql, changes: MediaChange[]): Promise<unknown> {
  return Promise.all(changes.flatMap(change => statementsFor(sql, change)))
}

function statementsFor(sql: Sql, change: MediaChange): Promise<number>[] {
  if ('stored' in change) return [sql.run(KNOWN, change.stored, change.at), isNeeded(sql, [change.stored])]
  if ('used' in change)
    return [
      sql.run('UPDATE media SET used_at = greatest(used_at, $1) WHERE media_id = $2', change.at, change.used),
    ]
  if ('found' in change) return [sql.run(KNOWN, change.found, 0)]
  if ('complete' in change) return [sql.run('UPDATE store SET media_listed = true')]
  if ('removed' in change)
    return [sql.run('DELETE FROM media WHERE media_id = $1 AND used_at < $2', change.removed, change.before)]
  return [
    sql.run(
      'DELETE FROM media WHERE media_id = $1 AND EXISTS (SELECT 1 FROM unneeded_media WHERE media_id = $1)',
      change.gone,
    ),
    isNeeded(sql, [change.gone]),
  ]
}
