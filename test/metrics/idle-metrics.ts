import { createClock } from '../../src/base/clock.ts'
import type { NodeState } from '../../src/base/problem.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { VERSIONS } from '../../src/metrics/versions.ts'

/** One of the nodes that share a database. */
export const IDLE_NODE = { id: 'n', url: '', sessions: 0, leaseMs: 7_500, nodes: 1, free: 0 }

/** The metrics of a manager in which nothing has happened yet. */
export function idleMetrics(node?: NodeState): Metrics {
  const metrics = new Metrics(createClock(), VERSIONS)
  metrics.read({
    stats: () => ({ byState: { open: 1 }, qr: { pendingQR: 0, trackedSessions: 0 } }),
    quarantined: () => 0,
    diskFree: async () => 1,
    node: node && (() => node),
    laravel: async () => ({ failing: [], late: 0 }),
    deliveries: {
      counts: async () => ({ pending: 0, dead: 0 }),
      backlog: async () => ({ lanes: 0, oldestAt: null }),
    },
  })
  return metrics
}
