import { hostname } from 'node:os'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { NodeState, Problem } from '../base/problem.ts'
import type { Ownership } from '../cluster/ownership.ts'
import type { Config } from '../config.ts'
import type { LaneLeases } from '../ports/cluster/lane-leases.ts'
import type { Routing } from '../ports/cluster/routing.ts'
import type { Upkeep, UpkeepTable } from '../ports/cluster/upkeep.ts'
import type { SessionQueries } from '../ports/session-queries.ts'
import type { Store } from '../ports/store.ts'
import { nodeIdIn } from './node-id.ts'
import type { Overrides } from './overrides.ts'

export interface AppCluster {
  ownership: Ownership
  /** The store, whose sessions have owners. */
  owned(store: Store): Store
  lanes: LaneLeases
  /** Of the queue of this node: each has its own, and no other process at the same time. */
  queue: string
  state(): NodeState
  /** What the nodes have set so that they cannot work together. */
  warnings(): Problem[]
  upkeep: Upkeep
  /** `isHere`: whether a session lives in this process. */
  routing(isHere: (sessionId: string) => boolean): Routing
  /** The same queries, about all nodes where only this one is known. */
  ofAll(queries: SessionQueries): SessionQueries
}

/** Makes this process a node among those that share its database; null without one: then nothing of it is loaded. `key`: theirs alone. */
export async function openCluster(
  config: Config,
  {
    key,
    works,
    owners,
    ...parts
  }: { clock: Clock; logger: Logger; key: Uint8Array; works: UpkeepTable | null } & Pick<Overrides, 'owners'>,
): Promise<AppCluster | null> {
  const { databaseUrl, dataDir, node, connect } = config
  if (databaseUrl === null || works === null) return null
  const [
    { Ownership },
    { ownedStore },
    { createLaneLeases },
    { nodeWarnings },
    { createUpkeep },
    { createRouting },
    { sumStats },
    { openOwnerTable },
  ] = await Promise.all([
    import('../cluster/ownership.ts'),
    import('../cluster/owned-store.ts'),
    import('../cluster/lane-leases.ts'),
    import('../cluster/node-warnings.ts'),
    import('../cluster/upkeep.ts'),
    import('../cluster/routing.ts'),
    import('../cluster/sum-stats.ts'),
    import('../store/postgres/owners.ts'),
  ])
  const id = nodeIdIn(dataDir)
  const opened = openOwnerTable({ url: databaseUrl })
  const table = owners?.(opened) ?? opened
  const ownership = new Ownership({
    table,
    place: `${hostname()}/${id}`,
    leaseMs: node.leaseMs,
    maxSessions: node.maxSessions || null,
    perSecond: connect.perSecond,
    ...parts,
  })
  return {
    ownership,
    owned: store => ownedStore(store, ownership),
    lanes: createLaneLeases({ table, node: () => ownership.node, ...parts }),
    upkeep: createUpkeep({ table: works, node: () => ownership.node, ...parts }),
    queue: id,
    state: () => ownership.state,
    warnings: () => {
      const { node: name, members, freeForMs, state } = ownership
      const filesApart = config.media.store.url === null
      return nodeWarnings({
        ...{ node: name, url: state.url, members, freeForMs, leaseMs: node.leaseMs, filesApart },
      })
    },
    routing: isHere => createRouting({ table, ownership, key, isHere }),
    ofAll: queries => ({
      ...queries,
      stats: () => sumStats(queries.stats(), ownership.node, ownership.members),
    }),
  }
}
