import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { prepareSchema } from '../../../src/store/schema.ts'
import { createStatements, type Statements } from '../../../src/store/statements.ts'
import { shrinkInbox } from '../../../src/store/tables/keys.ts'
import { eraseBodies } from '../../../src/store/tables/messages.ts'
import { eraseDeleted, eraseStream } from '../../../src/store/writer/erasure.ts'
import { prune } from '../../../src/store/writer/pruning.ts'

const SESSIONS = 3
const MESSAGES = 20
const YOUNG_FROM = 6
const AT = 1_000

function filled() {
  const db = new DatabaseSync(':memory:')
  prepareSchema(db)
  const sql = createStatements(db)
  for (let session = 0; session < SESSIONS; session++) {
    const streamId = `stream-${session}`
    sql.run(
      `INSERT INTO sessions (stream_id, session_id, user_id, epoch, last_seq, created_at, last_activity, state_seq, top_state, search)
       VALUES (?, ?, '1', 1, 20, 0, 0, 1, 'open', '')`,
      streamId,
      `s-${session}`,
    )
    for (let seq = 1; seq <= MESSAGES; seq++) {
      const at = seq < YOUNG_FROM ? AT - 1 : AT
      sql.run(
        "INSERT INTO events (stream_id, seq, at, type, data) VALUES (?, ?, ?, 'message.received', '{}')",
        streamId,
        seq,
        at,
      )
      sql.run(
        `INSERT INTO messages (stream_id, seq, message_id, chat_id, direction, dedupe_key, content, status, at, history)
         VALUES (?, ?, ?, '9@lid', 'in', ?, '{}', 'received', ?, '[]')`,
        streamId,
        seq,
        `M${seq}`,
        `9@lid|M${seq}`,
        at,
      )
    }
  }
  return { db, sql }
}

/** The same, and the rows of facts and messages that were read. */
function counted(db: DatabaseSync, sql: Statements) {
  const read = { rows: 0 }
  db.function('seen', { varargs: true }, () => ++read.rows)
  const watched = (text: string) =>
    /FROM (events|messages)/.test(text) ? text.replace('SELECT ', 'SELECT seen() AS nth, ') : text
  const all: Statements['all'] = (text, ...params) => sql.all(watched(text), ...params)
  const takeWhile: Statements['takeWhile'] = (text, wanted, ...params) =>
    sql.takeWhile(watched(text), wanted, ...params)
  return { read, sql: { ...sql, all, takeWhile } }
}

test('a step of pruning reads what goes, and of what stays at most the first of each session', () => {
  const { db, sql } = filled()
  const watch = counted(db, sql)
  const request = {
    factsBefore: AT,
    messagesBefore: AT,
    from: { session: 0, seq: 0 },
    limit: 500,
  }
  const old = SESSIONS * (YOUNG_FROM - 1)
  expect(prune(watch.sql, request, AT)).toEqual({ facts: old, messages: old, next: null })
  expect(watch.read.rows).toBe(2 * (old + SESSIONS))

  watch.read.rows = 0
  expect(prune(watch.sql, request, AT)).toEqual({ facts: 0, messages: 0, next: null })
  expect(watch.read.rows).toBe(2 * SESSIONS)
})

test('a send whose row is torn keeps nothing from going, neither for its age nor with a deleted session', () => {
  const { sql } = filled()
  const tear = (streamId: string, seq: number, status: string) =>
    sql.run(
      "UPDATE messages SET direction = 'out', status = ?, content = '{' WHERE stream_id = ? AND seq = ?",
      status,
      streamId,
      seq,
    )
  tear('stream-0', 1, 'sent')
  tear('stream-1', MESSAGES, 'queued')
  tear('stream-2', MESSAGES, 'sent')
  const download = (seq: number, state: string) =>
    sql.run(
      "INSERT INTO downloads (stream_id, seq, media_id, source, state, at, next_at) VALUES ('stream-2', ?, ?, '{}', ?, 0, 0)",
      seq,
      `file-${seq}`,
      state,
    )
  download(2, 'done')
  download(MESSAGES - 1, 'done')
  const later = AT + 73 * 3_600_000
  const request = { factsBefore: null, messagesBefore: AT, from: { session: 0, seq: 0 }, limit: 500 }
  expect(prune(sql, request, later).messages).toBe(SESSIONS * (YOUNG_FROM - 1))
  eraseStream(sql, 'stream-2', MESSAGES + 1)
  expect(sql.all("SELECT seq FROM messages WHERE stream_id = 'stream-2'")).toEqual([])
  const unneeded = sql.all('SELECT media_id FROM unneeded_media ORDER BY media_id')
  expect(unneeded.map(row => row.media_id)).toEqual([`file-${MESSAGES - 1}`, 'file-2'])
})

test('a torn message loses its words with all others', () => {
  const { sql } = filled()
  sql.run("UPDATE messages SET content = '{\"body\":\"secret' WHERE stream_id = 'stream-0' AND seq = 1")
  expect(eraseBodies(sql, AT, 500, AT)).toBe(SESSIONS * (YOUNG_FROM - 1))
  expect(sql.get("SELECT count(*) AS torn FROM messages WHERE content LIKE '%secret%'")).toEqual({ torn: 0 })
})

test('a deleted session that cannot be erased keeps no other from going, and is told', () => {
  const { sql } = filled()
  for (const id of ['stream-0', 'stream-1', 'stream-2'])
    sql.run('INSERT INTO erasures (stream_id, keep_from) VALUES (?, ?)', id, MESSAGES + 1)
  sql.run(
    `CREATE TRIGGER torn BEFORE DELETE ON messages WHEN old.stream_id = 'stream-0' BEGIN SELECT json('{'); END`,
  )
  const left = () => sql.all('SELECT stream_id FROM erasures').map(row => row.stream_id)
  // As much as may be, so that whoever erases comes again, and hears then that nothing goes on.
  expect(eraseDeleted(sql, 300)).toBe(300)
  expect(left()).toEqual(['stream-0'])
  expect(() => eraseDeleted(sql, 300)).toThrow('malformed JSON')
  sql.run('DROP TRIGGER torn')
  expect(eraseDeleted(sql, 300)).toBeLessThan(300)
  expect([left(), sql.all('SELECT seq FROM messages')]).toEqual([[], []])
})

test('each step stays within its limit: rows that are erased, inbox rows that lose their words, sessions that are looked at', () => {
  const { sql } = filled()
  const count = (what: string) => Number(sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${what}`)!.n)
  sql.run("INSERT INTO erasures (stream_id, keep_from) VALUES ('stream-0', ?)", MESSAGES + 1)
  const rows = () =>
    count("messages WHERE stream_id = 'stream-0'") + count("events WHERE stream_id = 'stream-0'")
  for (const before of [2 * MESSAGES, 2 * MESSAGES - 7]) {
    expect([rows(), eraseDeleted(sql, 7)]).toEqual([before, 7])
    expect(rows()).toBe(before - 7)
  }
  for (let n = 0; n < 9; n++)
    sql.run("INSERT INTO inbox VALUES ('stream-1', ?, x'01', 'words', 0, ?)", `h${n}`, n)
  expect([shrinkInbox(sql, 4), count("inbox WHERE stanza <> ''")]).toEqual([4, 5])
  for (let n = SESSIONS; n < 120; n++)
    sql.run(
      `INSERT INTO sessions (stream_id, session_id, user_id, epoch, last_seq, created_at, last_activity, state_seq, top_state, search)
       VALUES (?, ?, '1', 1, 1, 0, 0, 1, 'open', '')`,
      `stream-${n}`,
      `s-${n}`,
    )
  const request = { factsBefore: 0, messagesBefore: 0, limit: 500 }
  const first = prune(sql, { ...request, from: { session: 0, seq: 0 } }, AT)
  expect(first.next).toEqual({ session: 50, seq: 0 })
})
