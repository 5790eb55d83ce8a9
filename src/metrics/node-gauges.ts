import { Gauge, type Registry } from 'prom-client'
import type { NodeState } from '../base/problem.ts'
import { named } from './name.ts'

/** What one node sees of all; the function is called at each reading. */
export function createNodeGauges(registry: Registry, state: () => NodeState): () => void {
  const gauge = (name: string, help: string) => new Gauge({ name: named(name), help, registers: [registry] })
  const nodes = gauge('nodes', 'Nodes with a valid lease that do not leave, as this one saw them lately')
  const owned = gauge('node_sessions', 'Sessions that this node has')
  const free = gauge('sessions_without_node', 'Sessions that no node has')
  const lease = gauge('node_lease_seconds', 'For how long this node may believe in its lease; 0: it has none')
  return () => {
    const now = state()
    nodes.set(now.nodes)
    owned.set(now.sessions)
    free.set(now.free)
    lease.set(now.leaseMs / 1000)
  }
}
