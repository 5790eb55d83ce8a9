import type { Kind } from '../src/store/postgres/bulk.ts'
import type { Partitioned } from '../src/store/postgres/upkeep/partitions.ts'
import { mediaOf } from '../src/store/postgres/writes/messages.ts'

/** A value of a row, as both stores give it. */
export type Value = string | number | boolean | null | Uint8Array
type Row = Record<string, Value>

/** How the rows of one table of PostgreSQL are read from SQLite: in the order of `key`, which both sort by their bytes. */
export interface MovedTable {
  name: string
  columns: Record<string, Kind>
  key: string[]
  /** Of SQLite; its columns are called as those of PostgreSQL. */
  select: string
  /** What has to be made of a row beside its names. */
  mend?(row: Row): Row
  /** Its rows, but those that are `lasting`, are kept apart by their time `at`. */
  partitioned?: Partitioned
}

const text = <const Names extends string[]>(...names: Names) =>
  Object.fromEntries(names.map(name => [name, 'text'])) as Record<Names[number], Kind>
const number = <const Names extends string[]>(...names: Names) =>
  Object.fromEntries(names.map(name => [name, 'bigint'])) as Record<Names[number], Kind>
const bytes = <const Names extends string[]>(...names: Names) =>
  Object.fromEntries(names.map(name => [name, 'bytea'])) as Record<Names[number], Kind>
const yesNo = <const Names extends string[]>(...names: Names) =>
  Object.fromEntries(names.map(name => [name, 'boolean'])) as Record<Names[number], Kind>

function plain(
  name: string,
  columns: Record<string, Kind>,
  key: string[],
  mend?: MovedTable['mend'],
): MovedTable {
  const select = `SELECT ${Object.keys(columns).join(', ')} FROM ${name} ORDER BY ${key.join(', ')}`
  return { name, columns, key, select, ...(mend && { mend }) }
}

const flag = (name: string) => (row: Row) => ({ ...row, [name]: row[name] === 1 })

/** Every table that has rows of users, those first that others are about. */
export const MOVED: MovedTable[] = [
  {
    name: 'sessions',
    columns: {
      ...number('id'),
      ...text('stream_id', 'session_id', 'user_id', 'metadata'),
      ...number('epoch', 'last_seq', 'created_at', 'last_activity'),
      ...text('announced', 'told_estado'),
      ...number('told_at'),
      ...text('state', 'context', 'machine_version', 'top_state'),
      ...number('since'),
      ...text('search'),
      ...number('messages_gone_to', 'erased_at'),
    },
    key: ['stream_id'],
    // The newest lifecycle row stands with its session.
    select: `SELECT s.id, s.stream_id, s.session_id, s.user_id, s.metadata, s.epoch, s.last_seq, s.created_at, s.last_activity, s.announced,
        s.told_estado, s.told_at, e.state, e.context, e.machine_version, s.top_state, s.since, s.search, s.messages_gone_to, s.erased_at
      FROM sessions s LEFT JOIN events e ON e.stream_id = s.stream_id AND e.seq = s.state_seq AND s.erased_at IS NULL
      ORDER BY s.stream_id`,
  },
  {
    name: 'events',
    columns: {
      ...text('stream_id'),
      ...number('seq', 'at'),
      ...yesNo('lasting'),
      ...text('type', 'data', 'state', 'context', 'machine_version'),
      ...number('position'),
    },
    key: ['stream_id', 'seq'],
    // A tombstone lasts, too; facts of before positions were noted come before all others.
    select: `SELECT e.stream_id, e.seq, e.at, (e.state IS NOT NULL OR s.erased_at IS NOT NULL) AS lasting, e.type, e.data, e.state, e.context,
        e.machine_version, coalesce(e.position, 0) AS position
      FROM events e LEFT JOIN sessions s ON s.stream_id = e.stream_id ORDER BY e.stream_id, e.seq`,
    mend: flag('lasting'),
    partitioned: 'facts',
  },
  plain('keys', { ...text('stream_id', 'type', 'id'), ...bytes('value') }, ['stream_id', 'type', 'id']),
  {
    name: 'inbox',
    columns: {
      ...text('stream_id', 'hash'),
      ...number('n'),
      ...bytes('plaintext'),
      ...text('stanza'),
      ...number('at', 'done_at'),
    },
    key: ['stream_id', 'hash'],
    select:
      'SELECT stream_id, hash, rowid AS n, plaintext, stanza, at, done_at FROM inbox ORDER BY stream_id, hash',
  },
  {
    ...plain(
      'messages',
      {
        ...text('stream_id'),
        ...number('seq', 'at'),
        ...text('message_id', 'chat_id', 'direction', 'dedupe_key', 'content', 'status'),
        ...number('attempts'),
        ...text('error', 'history'),
        ...bytes('proto', 'secret'),
        ...number('erased_at'),
      },
      ['stream_id', 'seq'],
      row => ({ ...row, media_id: row.direction === 'out' ? mediaOf(String(row.content)) : null }),
    ),
    partitioned: 'messages',
  },
  {
    name: 'message_keys',
    columns: { ...text('stream_id', 'dedupe_key'), ...number('seq', 'at'), ...yesNo('gone') },
    key: ['stream_id', 'dedupe_key'],
    select: `SELECT stream_id, dedupe_key, seq, at, 0 AS gone FROM messages
      UNION ALL SELECT t.stream_id, t.dedupe_key, 0, t.at, 1 FROM told t
        WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.stream_id = t.stream_id AND m.dedupe_key = t.dedupe_key)
      ORDER BY stream_id, dedupe_key`,
    mend: flag('gone'),
  },
  plain('former_chats', text('stream_id', 'chat_id'), ['stream_id', 'chat_id']),
  plain(
    'deliveries',
    {
      ...number('id'),
      ...text('webhook_id', 'kind', 'lane', 'stream_id', 'session_id'),
      ...number('seq', 'at'),
      ...text('payload'),
      ...number('tries', 'attempts', 'next_at'),
      ...text('last_error'),
      ...number('dead_at'),
    },
    ['id'],
  ),
  plain('idempotency', { ...text('stream_id', 'key', 'hash', 'message_id'), ...number('at') }, [
    'stream_id',
    'key',
  ]),
  plain(
    'downloads',
    {
      ...text('stream_id'),
      ...number('seq'),
      ...text('media_id', 'source', 'state'),
      ...number('attempts', 'at', 'next_at'),
      ...text('error'),
    },
    ['stream_id', 'seq'],
  ),
  plain(
    'people',
    {
      ...text('stream_id', 'name', 'chat_id'),
      ...yesNo('current'),
      ...text('username'),
      ...number('learnt_at'),
    },
    ['stream_id', 'name'],
    flag('current'),
  ),
  plain(
    'account_events',
    {
      ...text('stream_id'),
      ...number('seq'),
      ...text('dedupe_key', 'event'),
      ...number('happened_at', 'at'),
      ...yesNo('erased'),
    },
    ['stream_id', 'seq'],
    flag('erased'),
  ),
  plain('chat_timers', { ...text('stream_id', 'chat'), ...number('expiration', 'set_at') }, [
    'stream_id',
    'chat',
  ]),
  plain('contact_names', text('stream_id', 'jid', 'name'), ['stream_id', 'jid']),
  plain('erasures', { ...text('stream_id'), ...number('keep_from') }, ['stream_id']),
  plain('media', { ...text('media_id'), ...number('used_at') }, ['media_id']),
  plain('unneeded_media', text('media_id'), ['media_id']),
]

// It is no column of SQLite's.
MOVED.find(({ name }) => name === 'messages')!.columns.media_id = 'text'

/** Names and reasons that others wrote: PostgreSQL stores no NUL, and nobody misses one there. */
const FREE = new Set(['name', 'username', 'error', 'last_error', 'search'])

/** A row as PostgreSQL has it, in the order of its columns. Throws with the row's key if it cannot be stored. */
export function movedRow({ name, columns, key, mend }: MovedTable, row: Row): Value[] {
  const mended = mend?.(row) ?? row
  return Object.keys(columns).map(column => {
    const value = mended[column] ?? null
    if (typeof value !== 'string' || !value.includes('\0')) return value
    if (FREE.has(column)) return value.replaceAll('\0', '')
    const where = key.map(part => `${part}=${JSON.stringify(mended[part])}`).join(' ')
    throw new Error(
      `a text with a NUL character, which PostgreSQL cannot store: ${column} of ${name} at ${where}`,
    )
  })
}
