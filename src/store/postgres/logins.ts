import {
  GUESSES_WINDOW_MS,
  LOGIN_IDLE_MS,
  LOGIN_LIFE_MS,
  type LoginTables,
  MOST_GUESSES_OF_ALL,
  MOST_GUESSES_OF_ONE,
  MOST_LOGINS,
} from '../../ports/dashboard/logins.ts'
import type { Sql } from './connection.ts'

const ms = (count: number) => `interval '${count} milliseconds'`

/** A use is noted only if the last one that was is older: most requests change nothing. */
const NOTED_EVERY = 60_000
const STALE = `used_at < now() - ${ms(NOTED_EVERY)}`
const GOES_ON = `began_at > now() - ${ms(LOGIN_LIFE_MS)} AND used_at > now() - ${ms(LOGIN_IDLE_MS + NOTED_EVERY)}`

/** Beside a new one. */
const MAKE_ROOM = `DELETE FROM logins WHERE NOT (${GOES_ON})
  OR hash IN (SELECT hash FROM logins ORDER BY used_at DESC OFFSET ${MOST_LOGINS - 1})`

const COUNTED = `ON CONFLICT (caller) DO UPDATE SET
    wrong = CASE WHEN g.ends_at > now() THEN g.wrong + 1 ELSE 1 END,
    ends_at = CASE WHEN g.ends_at > now() THEN g.ends_at ELSE excluded.ends_at END
  RETURNING wrong, ends_at`

// The row of the caller first, for all nodes: they would wait for each other else.
const WRONG = `WITH full_up AS (
    SELECT ends_at FROM login_guesses WHERE caller = '*' AND wrong >= ${MOST_GUESSES_OF_ALL} AND ends_at > now()),
  one AS (INSERT INTO login_guesses AS g (caller, wrong, ends_at)
    SELECT $1, 1, now() + ${ms(GUESSES_WINDOW_MS)} WHERE NOT EXISTS (SELECT FROM full_up) ${COUNTED}),
  every AS (INSERT INTO login_guesses AS g (caller, wrong, ends_at)
    SELECT '*', 1, now() + ${ms(GUESSES_WINDOW_MS)} FROM one WHERE wrong <= ${MOST_GUESSES_OF_ONE} ${COUNTED})
  SELECT ceil(extract(epoch FROM max(ends_at) - now()))::integer AS wait FROM (
    SELECT ends_at FROM full_up
    UNION ALL SELECT ends_at FROM one WHERE wrong > ${MOST_GUESSES_OF_ONE}
    UNION ALL SELECT ends_at FROM every WHERE wrong > ${MOST_GUESSES_OF_ALL}) AS waits`

const FORGET = `DELETE FROM login_guesses WHERE caller IN (
  SELECT caller FROM login_guesses WHERE ends_at <= now() LIMIT 1000 FOR UPDATE SKIP LOCKED)`

/** Asked by each request of a login: the hash of its id. */
export const FIND = `SELECT proof, ${STALE} AS stale FROM logins WHERE hash = $1 AND ${GOES_ON}`

/** The logins of all nodes, by the clock of the server: a login asks one indexed read of each request, and a write once a minute. */
export const loginTables = (sql: Sql): LoginTables => ({
  logins: {
    async begin(hash, proof) {
      await sql.run(MAKE_ROOM)
      await sql.run('INSERT INTO logins (hash, proof) VALUES ($1, $2) ON CONFLICT DO NOTHING', hash, proof)
    },
    async find(hash, use) {
      const row = await sql.get<{ proof: string; stale: boolean }>(FIND, hash)
      if (row === undefined) return null
      // A server that takes no writes for a while logs nobody out.
      if (use && row.stale)
        await sql.run(`UPDATE logins SET used_at = now() WHERE hash = $1 AND ${STALE}`, hash).catch(() => {})
      return row.proof
    },
    async end(hash) {
      await sql.run('DELETE FROM logins WHERE hash = $1', hash)
    },
  },
  guesses: {
    async wrong(caller) {
      await sql.run(FORGET)
      const row = await sql.get<{ wait: number | null }>(WRONG, caller)
      return Math.max(0, row?.wait ?? 0)
    },
  },
})
