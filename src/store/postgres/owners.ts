import type { ClusterNode, OwnedLife, OwnerTable, Whereabouts } from '../../ports/cluster/owner-table.ts'
import type { Stats } from '../../ports/session-queries.ts'
import { toError } from '../failures.ts'
import { createListPool, createNames, createPool, poolConfig, readsOn, type Sql } from './connection.ts'
import { storeFailure } from './failures.ts'
import { Listener } from './listener.ts'
import { headsOf } from './reads/deliveries.ts'
import { inOrder } from './transaction.ts'

/** An answer that takes longer is of no more use: half a lease would be over. */
const ANSWER_MS = 4_000
/** For so long the row of a node that is gone says where it was. */
const FORGOTTEN_AFTER = '1 hour'
const MOST_COUNTED = 10_000

/** Of the store with the id that follows. */
export const OWNERS_CHANNEL = 'owners_'

const LIVE = 'SELECT node FROM nodes WHERE lease_until > now()'
/** Who had it has no lease any more; or nobody had it. */
const FREE = `erased_at IS NULL AND (owner IS NULL OR NOT EXISTS (${LIVE} AND node = owner))`

const CLAIM = `UPDATE sessions SET epoch = epoch + 1, owner = $1
  WHERE stream_id = $2 AND (owner = $1 OR ${FREE}) AND erased_at IS NULL AND EXISTS (${LIVE} AND node = $1) RETURNING epoch`

const CLAIM_IF_FREE = `UPDATE sessions SET epoch = epoch + 1, owner = $1
  WHERE stream_id = $2 AND ${FREE} AND EXISTS (${LIVE} AND node = $1) RETURNING epoch`

// By the index of owners, one dead node after the other: those of living nodes are never looked through, however many there are.
const freeOnes = (
  most: string,
) => `(SELECT stream_id FROM sessions WHERE owner IS NULL AND erased_at IS NULL LIMIT ${most})
  UNION ALL (SELECT of_dead.stream_id FROM nodes dead, LATERAL (
    SELECT stream_id FROM sessions WHERE owner = dead.node AND erased_at IS NULL LIMIT ${most}) of_dead
  WHERE dead.lease_until <= now() LIMIT ${most})`

/** Asked by every node at each renewal: its name. */
export const COUNTS = `SELECT (SELECT count(*) FROM (${freeOnes(String(MOST_COUNTED))}) AS free) AS free,
  (SELECT count(*) FROM sessions WHERE owner = $1 AND erased_at IS NULL) AS own`

/** Asked by every node each second: its name, and how many it wants. */
export const CLAIM_FREE = `WITH found AS MATERIALIZED (${freeOnes('4 * $2::bigint')}),
  free AS MATERIALIZED (SELECT stream_id FROM sessions WHERE stream_id IN (SELECT stream_id FROM found) AND ${FREE}
    LIMIT $2 FOR UPDATE SKIP LOCKED)
  UPDATE sessions s SET epoch = s.epoch + 1, owner = $1 FROM free
  WHERE s.stream_id = free.stream_id AND EXISTS (${LIVE} AND node = $1)
  RETURNING s.session_id, s.stream_id, s.epoch`

const RELEASE = `WITH freed AS (
  UPDATE sessions s SET owner = NULL FROM unnest($2::text[], $3::bigint[]) AS u(stream_id, epoch)
  WHERE s.stream_id = u.stream_id AND s.epoch = u.epoch AND s.owner = $1 RETURNING 1)
  SELECT pg_notify($4, '') FROM freed LIMIT 1`

const KEEP_ONLY = `WITH freed AS (
  UPDATE sessions SET owner = NULL WHERE owner = $1 AND erased_at IS NULL AND stream_id <> ALL($2) RETURNING 1)
  SELECT pg_notify($3, '') FROM freed LIMIT 1`

const leaving = (nodes: string) => `WITH gone AS (DELETE FROM nodes WHERE ${nodes} RETURNING node),
  freed AS (UPDATE sessions SET owner = NULL FROM gone WHERE owner = gone.node AND erased_at IS NULL),
  lanes AS (DELETE FROM lane_leases USING gone WHERE lane_leases.node = gone.node)
  SELECT pg_notify($2, '') FROM gone LIMIT 1`
const LEAVE = leaving('node = $1')
const LEAVE_PLACE = leaving('place = $1')

// In one order for all nodes, which would wait for each other else.
const TAKE_LANES = `INSERT INTO lane_leases AS l (lane, node)
  SELECT lane, $1 FROM unnest($2::text[]) AS u(lane) WHERE EXISTS (${LIVE} AND node = $1) ORDER BY lane
  ON CONFLICT (lane) DO UPDATE SET node = excluded.node WHERE l.node = $1 OR NOT EXISTS (${LIVE} AND node = l.node)
  RETURNING lane`

const RENEW = `UPDATE nodes SET lease_until = now() + $2 * interval '1 ms', sessions = $3, max_sessions = $4, stats = $5, url = $6
  WHERE node = $1 AND lease_until > now()`

/** Asked by every node at each renewal: its name. */
export const MAIL = `SELECT stream_id FROM sessions WHERE owner = $1 AND erased_at IS NULL
  AND EXISTS (SELECT FROM mailbox WHERE mailbox.stream_id = sessions.stream_id) LIMIT 100`

type NodeColumns = Omit<ClusterNode, 'maxSessions' | 'stats'> & {
  max_sessions: number | null
  stats: string | null
}

/**
 * Opens the table of owners of a store in PostgreSQL whose tables are there, on connections of its own: a lease must not end because others
 * read much. Nothing is connected before it is asked something; what fails rejects with STORE_FAILED.
 */
export function openOwnerTable({ url, schema = null }: { url: string; schema?: string | null }): OwnerTable {
  const config = { ...poolConfig({ url, schema, most: 2 }), query_timeout: ANSWER_MS }
  const pool = createPool(config)
  // Who claims may wait for a row, and many ask where a session is: a renewal waits for neither.
  const askPool = createPool(config)
  const lanePool = createListPool({ ...config, max: 1 })
  let isClosed = false
  const names = createNames()
  const sql = readsOn(pool, names, () => isClosed)
  const asked = readsOn(askPool, names, () => isClosed)
  let listener: Listener | null = null
  let channel: Promise<string> | null = null
  const channelOf = () => {
    channel ??= sql.get<{ id: string }>('SELECT id FROM store').then(row => OWNERS_CHANNEL + row!.id)
    channel.catch(() => {
      channel = null
    })
    return channel
  }

  return {
    async join({ node, url, place }, leaseMs) {
      await sql.run(
        `DELETE FROM nodes n WHERE lease_until < now() - interval '${FORGOTTEN_AFTER}'
         AND NOT EXISTS (SELECT FROM sessions WHERE owner = n.node AND erased_at IS NULL)`,
      )
      await sql.get(LEAVE_PLACE, place, await channelOf())
      await sql.run(
        "INSERT INTO nodes (node, url, place, lease_until) VALUES ($1, $2, $3, now() + $4 * interval '1 ms')",
        ...[node, url, place, leaseMs],
      )
    },

    async renew(node, leaseMs, { url, sessions, maxSessions, stats }) {
      const told = [sessions, maxSessions, stats && JSON.stringify(stats), url]
      if ((await sql.run(RENEW, node, leaseMs, ...told)) === 0) return null
      const [nodes, counts, mail] = await Promise.all([
        sql.all<NodeColumns>(
          'SELECT node, url, sessions, max_sessions, stats FROM nodes WHERE lease_until > now() AND NOT leaving ORDER BY started_at, node',
        ),
        sql.get<{ free: number; own: number }>(COUNTS, node),
        sql.all<{ stream_id: string }>(MAIL, node),
      ])
      return { nodes: nodes.map(toNode), ...counts!, mail: mail.map(row => row.stream_id) }
    },

    async claim(node, streamId) {
      return (await asked.get<{ epoch: number }>(CLAIM, node, streamId))?.epoch ?? null
    },

    async claimIfFree(node, streamId) {
      return (await asked.get<{ epoch: number }>(CLAIM_IF_FREE, node, streamId))?.epoch ?? null
    },

    async claimFree(node, limit) {
      const rows = await asked.all<{ session_id: string; stream_id: string; epoch: number }>(
        CLAIM_FREE,
        node,
        limit,
      )
      return rows.map(
        ({ session_id, stream_id, epoch }): OwnedLife => ({
          sessionId: session_id,
          streamId: stream_id,
          epoch,
        }),
      )
    },

    async leaving(node) {
      await sql.run('UPDATE nodes SET leaving = true WHERE node = $1', node)
    },

    async release(node, lives) {
      if (lives.length === 0) return
      const [streams, epochs] = [lives.map(({ streamId }) => streamId), lives.map(({ epoch }) => epoch)]
      await asked.get(RELEASE, node, streams, epochs, await channelOf())
    },

    async keepOnly(node, streamIds) {
      await asked.get(KEEP_ONLY, node, streamIds, await channelOf())
    },

    async leave(node) {
      await sql.get(LEAVE, node, await channelOf())
    },

    async takeLanes(node, lanes) {
      // Each statement sees what is committed when it begins: the second one all that whoever had these lanes has stored.
      const both = (own: Sql) =>
        Promise.all([own.all<{ lane: string }>(TAKE_LANES, node, lanes), headsOf(own, lanes)])
      const [taken, heads] = await inOrder(lanePool, names, both).catch(error => {
        throw toError(storeFailure(error))
      })
      return taken.map(({ lane }) => ({ lane, head: heads.get(lane)! }))
    },

    async giveLanes(node, lanes) {
      await sql.run('DELETE FROM lane_leases WHERE node = $1 AND lane = ANY($2)', node, lanes)
    },

    async whereIs(sessionId) {
      const row = await asked.get<{ stream_id: string; node: string | null; url: string | null }>(
        `SELECT s.stream_id, n.node, n.url FROM sessions s LEFT JOIN nodes n ON n.node = s.owner AND n.lease_until > now()
         WHERE s.session_id = $1 AND s.erased_at IS NULL`,
        sessionId,
      )
      return row === undefined
        ? null
        : ({ streamId: row.stream_id, node: row.node, url: row.url } satisfies Whereabouts)
    },

    onFreed(heard) {
      void channelOf().then(
        name => {
          if (isClosed) return
          listener = new Listener(pool, name, heard)
          listener.start()
        },
        () => {},
      )
    },

    async close() {
      if (isClosed) return
      isClosed = true
      await listener?.end()
      await Promise.all([pool, askPool, lanePool].map(one => one.end()))
    },
  }
}

const toNode = ({ max_sessions, stats, ...node }: NodeColumns): ClusterNode => ({
  ...node,
  maxSessions: max_sessions,
  stats: stats === null ? null : (JSON.parse(stats) as Stats),
})
