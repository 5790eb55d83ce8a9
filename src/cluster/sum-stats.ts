import type { Members } from '../ports/cluster/owner-table.ts'
import type { Stats } from '../ports/session-queries.ts'

/** What all nodes have together: this one as it is, the others as of their last renewals. Those that no node has count in the total alone. */
export function sumStats(own: Stats, node: string | null, members: Members | null): Stats {
  const others = (members?.nodes ?? []).filter(one => one.node !== node).flatMap(({ stats }) => stats ?? [])
  const { sessions, ...rest } = others.reduce(add, own)
  return { ...rest, sessions: { ...sessions, totalSessions: sessions.totalSessions + (members?.free ?? 0) } }
}

function add(a: Stats, b: Stats): Stats {
  const byState = { ...a.byState }
  for (const [state, count] of Object.entries(b.byState)) byState[state] = (byState[state] ?? 0) + count
  return {
    sessions: {
      totalSessions: a.sessions.totalSessions + b.sessions.totalSessions,
      activeSessions: a.sessions.activeSessions + b.sessions.activeSessions,
      inactiveSessions: a.sessions.inactiveSessions + b.sessions.inactiveSessions,
      oldestSession: Math.max(a.sessions.oldestSession, b.sessions.oldestSession),
    },
    qr: {
      pendingQR: a.qr.pendingQR + b.qr.pendingQR,
      trackedSessions: a.qr.trackedSessions + b.qr.trackedSessions,
    },
    byState,
  }
}
