import type { ClusterNode } from '../ports/cluster/owner-table.ts'

/** A node and its sessions; `limit`: how many it may have. */
export interface Holder {
  node: string
  sessions: number
  limit: number
}

/** `maxSessions`: null is any number. */
export const limitOf = (maxSessions: number | null): number => maxSessions ?? Number.POSITIVE_INFINITY

/** The others of all nodes. Who cannot be reached yet may never be: what it has counts, and nothing is given up for it. */
export const othersIn = (nodes: ClusterNode[], own: string | null): Holder[] =>
  nodes
    .filter(({ node }) => node !== own)
    .map(one => ({ ...one, limit: one.url === '' ? one.sessions : limitOf(one.maxSessions) }))

/**
 * How many sessions a node has beyond its share, negative for how many it is to take; `free`: those that nobody has. Who may have less than
 * an equal part leaves the rest to the others. Shares are rounded up, so that all are somebody's; who has less than the lower number comes
 * first, and gets one each from those who have the most.
 */
export function surplusOf(own: Holder, others: Holder[], free: number): number {
  const all = [own, ...others]
  const sessions = all.reduce((sum, one) => sum + one.sessions, free)
  const lower = (one: Holder) => partOf(sessions, one, all, Math.floor)
  const missing = (some: Holder[]) =>
    some.reduce((sum, one) => sum + Math.max(0, lower(one) - one.sessions), 0)
  const over = own.sessions - partOf(sessions, own, all, Math.ceil)
  if (over < 0) return Math.max(over, -Math.max(missing([own]), free - missing(others)))
  if (over > 0 || free > 0 || own.sessions <= lower(own)) return over
  const before = others.filter(
    one => one.sessions > own.sessions || (one.sessions === own.sessions && one.node < own.node),
  )
  return before.filter(one => one.sessions > lower(one)).length < missing(others) ? 1 : 0
}

function partOf(sessions: number, { limit }: Holder, all: Holder[], round: (part: number) => number): number {
  let left = sessions
  const limits = all.map(one => one.limit).sort((a, b) => a - b)
  for (const [n, least] of limits.entries()) {
    const part = left / (limits.length - n)
    if (least >= part) return Math.min(round(part), limit)
    left -= least
  }
  return limit
}
