import type { Person } from '../../messages/person.ts'
import type { PeopleTable } from '../../ports/people-table.ts'
import type { Synchronous } from '../asynchronous.ts'
import type { Statements } from '../statements.ts'

export type NameRow = {
  name: string
  chat_id: string
  current: number
  username: string | null
  learnt_at: number
}

export function peopleReads(sql: Statements): Synchronous<PeopleTable> {
  return {
    find(streamId, name) {
      const rows = sql.all<NameRow>(
        `SELECT p.name, p.chat_id, p.current, p.username, p.learnt_at FROM people n
         JOIN people p INDEXED BY people_by_chat ON p.stream_id = n.stream_id AND p.chat_id = n.chat_id
         WHERE n.stream_id = ? AND n.name = ? ORDER BY p.name`,
        streamId,
        name,
      )
      return rows.length === 0 ? null : toPerson(rows)
    },
  }
}

export function toPerson(rows: NameRow[]): Person {
  const [{ chat_id: chatId, username, learnt_at: learntAt }] = rows as [NameRow]
  const current = rows.filter(row => row.current === 1).map(({ name }) => name)
  return {
    chatId,
    lid: current.find(name => name.endsWith('@lid')) ?? null,
    number: current.find(name => !name.endsWith('@lid')) ?? null,
    username,
    names: rows.map(({ name }) => name),
    learntAt,
  }
}

export function writePeople(sql: Statements, streamId: string, people: Person[]): void {
  for (const { chatId, lid, number, username, names, learntAt } of people)
    for (const name of names)
      sql.run(
        `INSERT INTO people (stream_id, name, chat_id, current, username, learnt_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET chat_id = excluded.chat_id, current = excluded.current, username = excluded.username,
           learnt_at = excluded.learnt_at`,
        streamId,
        name,
        chatId,
        Number(name === lid || name === number),
        username,
        learntAt,
      )
}

/** Erases at most `limit` names of a session's people; returns their number. */
export function erasePeople(sql: Statements, streamId: string, limit: number): number {
  return sql.run(
    `DELETE FROM people WHERE stream_id = ?1 AND name IN
       (SELECT name FROM people WHERE stream_id = ?1 ORDER BY name LIMIT ?2)`,
    streamId,
    limit,
  )
}
