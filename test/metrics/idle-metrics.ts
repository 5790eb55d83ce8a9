import { createClock } from '../../src/base/clock.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { VERSIONS } from '../../src/metrics/versions.ts'

/** The metrics of a manager in which nothing has happened yet. */
export function idleMetrics(): Metrics {
  const metrics = new Metrics(createClock(), VERSIONS)
  metrics.read({
    stats: () => ({ byState: { open: 1 }, qr: { pendingQR: 0, trackedSessions: 0 } }),
    quarantined: () => 0,
    diskFree: async () => 1,
    laravel: async () => ({ failing: [], late: 0 }),
    deliveries: {
      counts: async () => ({ pending: 0, dead: 0 }),
      backlog: async () => ({ lanes: 0, oldestAt: null }),
    },
  })
  return metrics
}
