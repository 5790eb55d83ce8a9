import { GatewayError } from '../../src/base/errors.ts'
import type { ClusterNode, OwnedLife, OwnerTable } from '../../src/ports/cluster/owner-table.ts'
import type { LaneHead } from '../../src/ports/delivery-table.ts'

interface Row {
  sessionId: string
  epoch: number
  owner: string | null
}

/** The table of owners in memory, for many nodes, by one clock of its own. */
export class MemoryOwnerTable {
  readonly sessions = new Map<string, Row>()
  readonly nodes = new Map<string, ClusterNode & { until: number; place: string; leaving?: boolean }>()
  readonly calls: string[] = []
  readonly lanes = new Map<string, string>()
  /** The database answers nobody. */
  isAway = false
  /** What a lane has first, where the table looks at that along. */
  headOf: ((lane: string) => LaneHead) | null = null
  readonly #heard = new Set<() => void>()
  readonly #now: () => number

  /** Streams for which something lies in the mailbox, said once. */
  readonly mail: string[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  add(count: number, owner: string | null = null): void {
    for (let i = 0; i < count; i++) {
      const n = this.sessions.size
      this.sessions.set(`stream-${n}`, { sessionId: `s${n}`, epoch: 1, owner })
    }
  }

  ownedBy = (node: string | null) => [...this.sessions.values()].filter(({ owner }) => owner === node).length

  /** The same as one node sees it. */
  table(): OwnerTable {
    const asked =
      <T>(name: string, run: () => T) =>
      async (): Promise<T> => {
        this.calls.push(name)
        if (this.isAway) throw new GatewayError('STORE_FAILED', 'away')
        return run()
      }
    const isAlive = (node: string | null) => node !== null && (this.nodes.get(node)?.until ?? 0) > this.#now()
    const free = () => [...this.sessions].filter(([, { owner }]) => !isAlive(owner))
    const take = (node: string, streamId: string): OwnedLife => {
      const row = this.sessions.get(streamId)!
      Object.assign(row, { owner: node, epoch: row.epoch + 1 })
      return { streamId, sessionId: row.sessionId, epoch: row.epoch }
    }
    const drop = (rows: Row[]) => {
      for (const row of rows) row.owner = null
      for (const heard of this.#heard) heard()
    }
    const leave = (node: string) => {
      this.nodes.delete(node)
      drop([...this.sessions.values()].filter(({ owner }) => owner === node))
    }
    return {
      join: ({ node, url, place }, leaseMs) =>
        asked('join', () => {
          for (const old of this.nodes.values()) if (old.place === place) leave(old.node)
          const lease = { place, until: this.#now() + leaseMs }
          this.nodes.set(node, { node, url, sessions: 0, maxSessions: null, stats: null, ...lease })
        })(),
      renew: (node, leaseMs, news) =>
        asked('renew', () => {
          if (!isAlive(node)) return null
          Object.assign(this.nodes.get(node)!, { until: this.#now() + leaseMs, ...news })
          const nodes = [...this.nodes.values()].filter(one => isAlive(one.node) && !one.leaving)
          return { nodes, free: free().length, own: this.ownedBy(node), mail: this.mail.splice(0) }
        })(),
      claim: (node, streamId) =>
        asked('claim', () => {
          const row = this.sessions.get(streamId)
          if (!row || !isAlive(node) || (row.owner !== node && isAlive(row.owner))) return null
          return take(node, streamId).epoch
        })(),
      claimIfFree: (node, streamId) =>
        asked('claimIfFree', () => {
          const row = this.sessions.get(streamId)
          return row && isAlive(node) && !isAlive(row.owner) ? take(node, streamId).epoch : null
        })(),
      claimFree: (node, limit) =>
        asked('claimFree', () =>
          isAlive(node)
            ? free()
                .slice(0, limit)
                .map(([streamId]) => take(node, streamId))
            : [],
        )(),
      leaving: node =>
        asked('leaving', () => {
          this.nodes.get(node)!.leaving = true
        })(),
      release: (node, lives) =>
        asked('release', () =>
          drop(
            lives.flatMap(({ streamId, epoch }) => {
              const row = this.sessions.get(streamId)
              return row?.owner === node && row.epoch === epoch ? [row] : []
            }),
          ),
        )(),
      keepOnly: (node, streamIds) =>
        asked('keepOnly', () =>
          drop(
            [...this.sessions].flatMap(([streamId, row]) =>
              row.owner === node && !streamIds.includes(streamId) ? [row] : [],
            ),
          ),
        )(),
      leave: node => asked('leave', () => leave(node))(),
      takeLanes: (node, lanes) =>
        asked('takeLanes', () =>
          lanes.flatMap(lane => {
            if (!isAlive(node) || (this.lanes.get(lane) !== node && isAlive(this.lanes.get(lane) ?? null)))
              return []
            this.lanes.set(lane, node)
            return { lane, ...(this.headOf && { head: this.headOf(lane) }) }
          }),
        )(),
      giveLanes: (node, lanes) =>
        asked('giveLanes', () => {
          for (const lane of lanes) if (this.lanes.get(lane) === node) this.lanes.delete(lane)
        })(),
      whereIs: async () => null,
      onFreed: heard => void this.#heard.add(heard),
      close: async () => {},
    }
  }
}
