import type { AccountEventTable } from '../../../ports/account-event-table.ts'
import type { MediaTable } from '../../../ports/media/media-store.ts'
import type { ChatTable, ChatTimerTable } from '../../../ports/message-table.ts'
import type { PeopleTable } from '../../../ports/people-table.ts'
import { type NameRow, toPerson } from '../../tables/people.ts'
import type { Sql } from '../connection.ts'

export function accountEventReads(sql: Sql): AccountEventTable {
  return {
    async find(streamId, key) {
      const row = await sql.get<{ event: string }>(
        'SELECT event FROM account_events WHERE stream_id = $1 AND dedupe_key = $2',
        streamId,
        key,
      )
      return row ? JSON.parse(row.event) : null
    },
    async between(streamId, after, until, limit) {
      const rows = await sql.all<{ seq: number; event: string; happened_at: number }>(
        `SELECT seq, event, happened_at FROM account_events WHERE stream_id = $1 AND seq > $2 AND seq <= $3
         ORDER BY seq LIMIT $4`,
        streamId,
        after,
        until,
        limit,
      )
      return rows.map(row => ({ seq: row.seq, event: JSON.parse(row.event), happenedAt: row.happened_at }))
    },
    async nameOf(streamId, jid) {
      const row = await sql.get<{ name: string }>(
        'SELECT name FROM contact_names WHERE stream_id = $1 AND jid = $2',
        streamId,
        jid,
      )
      return row?.name ?? null
    },
  }
}

export function chatTimerReads(sql: Sql): ChatTimerTable {
  return {
    async find(streamId, names) {
      const row = await sql.get<{ expiration: number; set_at: number }>(
        `SELECT expiration, set_at FROM chat_timers WHERE stream_id = $1 AND chat = ANY($2)
         ORDER BY set_at DESC LIMIT 1`,
        streamId,
        names,
      )
      return row ? { expiration: row.expiration, setAt: row.set_at } : null
    },
  }
}

export function peopleReads(sql: Sql): PeopleTable {
  return {
    async find(streamId, name) {
      const rows = await sql.all<NameRow>(
        `SELECT p.name, p.chat_id, p.current::int AS current, p.username, p.learnt_at FROM people n
         JOIN people p ON p.stream_id = n.stream_id AND p.chat_id = n.chat_id
         WHERE n.stream_id = $1 AND n.name = $2 ORDER BY p.name`,
        streamId,
        name,
      )
      return rows.length === 0 ? null : toPerson(rows)
    },
  }
}

/** So many messages are looked at for a page of chats. */
const MOST_LOOKED_AT = 2_000

export function chatReads(sql: Sql): ChatTable {
  return {
    async newest(streamId, before, limit) {
      const looked = await sql.all<{ seq: number; chat_id: string; newest: boolean }>(
        `SELECT m.seq, m.chat_id, NOT EXISTS (
           SELECT 1 FROM messages n WHERE n.stream_id = m.stream_id AND n.chat_id = m.chat_id AND n.seq > m.seq) AS newest
         FROM messages m WHERE m.stream_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3`,
        streamId,
        before ?? Number.MAX_SAFE_INTEGER,
        MOST_LOOKED_AT,
      )
      const found = looked.filter(({ newest }) => newest)
      const chats = found.slice(0, limit).map(row => ({ chatId: row.chat_id, seq: row.seq }))
      if (found.length > limit) return { chats, next: chats.at(-1)?.seq ?? null }
      return { chats, next: looked.length < MOST_LOOKED_AT ? null : looked.at(-1)!.seq }
    },
    async deliveriesOf(streamId, seqs) {
      const rows = await sql.all<{
        seq: number
        attempts: number
        next_at: number
        last_error: string | null
        dead_at: number | null
      }>(
        `SELECT seq, attempts, next_at, last_error, dead_at FROM deliveries
         WHERE stream_id = $1 AND seq = ANY($2::bigint[]) AND kind = 'messages' ORDER BY seq`,
        streamId,
        seqs,
      )
      return rows.map(row => ({
        seq: row.seq,
        attempts: row.attempts,
        nextAt: row.next_at,
        error: row.last_error,
        isDead: row.dead_at !== null,
      }))
    },
  }
}

export function mediaReads(sql: Sql): Omit<MediaTable, 'changed'> {
  const ids = async (rows: Promise<{ media_id: string }[]>) => (await rows).map(({ media_id }) => media_id)
  return {
    isComplete: async () => (await sql.get('SELECT 1 FROM store WHERE media_listed')) !== undefined,
    unusedSince: (before, limit) =>
      ids(sql.all('SELECT media_id FROM media WHERE used_at < $1 ORDER BY used_at LIMIT $2', before, limit)),
    unneeded: limit => ids(sql.all('SELECT media_id FROM unneeded_media ORDER BY media_id LIMIT $1', limit)),
    isUnneeded: async id =>
      (await sql.get('SELECT 1 FROM unneeded_media WHERE media_id = $1', id)) !== undefined,
  }
}
