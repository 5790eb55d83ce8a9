import type { RunPostgres } from '../../harness/postgres/run-postgres.ts'
import type { RunRedis } from '../../harness/redis.ts'

/** What the servers of a manager did so far; NaN of one that it does not use. */
export interface ServerWork {
  /** Group commits of all managers that run. */
  commits: number
  /** Written to tables, all of them. */
  rows: number
  /** Bytes of PostgreSQL's write-ahead log, indexes and all. */
  wal: number
  redisCommands: number
}

export const NO_WORK: ServerWork = {
  commits: Number.NaN,
  rows: Number.NaN,
  wal: Number.NaN,
  redisCommands: Number.NaN,
}

/** PostgreSQL tells rows up to a second late. */
export async function serverWork({
  postgres,
  redis,
}: {
  postgres: RunPostgres | null
  redis: RunRedis | null
}): Promise<ServerWork> {
  const redisCommands = (await redis?.commands()) ?? Number.NaN
  if (postgres === null) return { ...NO_WORK, redisCommands }
  const [row] = await postgres.query<Record<'commits' | 'rows' | 'wal', string>>(
    `SELECT (SELECT coalesce(sum(commits), 0) FROM writers) AS commits, (SELECT wal_bytes FROM pg_stat_wal) AS wal,
      (SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables) AS rows`,
  )
  const { commits, rows, wal } = row!
  return { commits: Number(commits), rows: Number(rows), wal: Number(wal), redisCommands }
}

/** What was done between two looks, for each of so many messages. */
export function workOfEach(before: ServerWork, after: ServerWork, messages: number): ServerWork {
  const each = (name: keyof ServerWork) => (after[name] - before[name]) / messages
  return {
    commits: each('commits'),
    rows: each('rows'),
    wal: each('wal'),
    redisCommands: each('redisCommands'),
  }
}
