import type { UpkeepTable } from '../../ports/cluster/upkeep.ts'
import type { Sql } from './connection.ts'

const LIVE = 'SELECT FROM nodes WHERE lease_until > now() AND node ='

const TAKE = `INSERT INTO upkeep AS u (work, node) SELECT $2, $1 WHERE EXISTS (${LIVE} $1)
  ON CONFLICT (work) DO UPDATE SET node = excluded.node
  WHERE (u.node IS NULL OR u.node = $1 OR NOT EXISTS (${LIVE} u.node))
    AND (u.done_at IS NULL OR u.done_at <= now() - $3 * interval '1 millisecond')`

/** All times are the server's. */
export const upkeepTable = (sql: Sql): UpkeepTable => ({
  take: async (node, work, everyMs) => (await sql.run(TAKE, node, work, everyMs)) === 1,
  async end(node, work, done) {
    await sql.run(
      'UPDATE upkeep SET node = NULL, done_at = CASE WHEN $3 THEN now() ELSE done_at END WHERE work = $2 AND node = $1',
      ...[node, work, done],
    )
  },
})
