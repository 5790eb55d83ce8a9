import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Holder, surplusOf } from '../../src/cluster/shares.ts'

const LIMITS = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 20 }))
const NODES = fc.array(fc.record({ sessions: fc.nat(30), limit: LIMITS }), { minLength: 1, maxLength: 8 })

/** Rounds in which each does what it sees, until nobody moves anything. */
function settle(given: { sessions: number; limit: number }[], free: number) {
  const nodes: Holder[] = given.map((one, n) => ({ ...one, node: `n${n}` }))
  let left = free
  let rounds = 0
  for (let moved = true; moved && rounds < 500; rounds++) {
    const seen = structuredClone(nodes)
    const seenFree = left
    moved = false
    const gave = new Set<Holder>()
    for (const node of nodes) {
      const others = seen.filter(one => one.node !== node.node)
      const surplus = surplusOf(node, others, seenFree)
      if (surplus <= 0) continue
      node.sessions -= surplus
      left += surplus
      gave.add(node)
      moved = true
    }
    for (const node of nodes) {
      if (gave.has(node)) continue
      const others = nodes.filter(one => one !== node)
      const wants = Math.min(left, -surplusOf(node, others, left))
      if (wants <= 0) continue
      node.sessions += wants
      left -= wants
      moved = true
    }
  }
  return { nodes, left, rounds }
}

it('comes to rest, with none left that somebody may have, none above a limit, and parts that differ by one', () => {
  fc.assert(
    fc.property(NODES, fc.nat(50), (given, free) => {
      const { nodes, left, rounds } = settle(given, free)
      expect(rounds).toBeLessThan(500)
      const sessions = given.reduce((sum, one) => sum + one.sessions, free)
      const room = given.reduce((sum, { limit }) => sum + limit, 0)
      expect(left).toBe(Math.max(0, sessions - room))
      for (const { sessions, limit } of nodes) expect(sessions).toBeLessThanOrEqual(limit)
      const most = Math.max(...nodes.map(one => one.sessions))
      for (const { sessions, limit } of nodes)
        if (sessions < limit) expect(sessions).toBeGreaterThanOrEqual(most - 1)
    }),
    { numRuns: 1_000 },
  )
})

it('moves no more than a newcomer is to have', () => {
  const nodes = [3, 3, 3, 0].map((sessions, n) => ({
    ...{ node: `n${n}`, sessions, limit: Number.POSITIVE_INFINITY },
  }))
  const surpluses = nodes.map(own =>
    surplusOf(
      own,
      nodes.filter(one => one !== own),
      0,
    ),
  )
  expect(surpluses).toEqual([1, 1, 0, -2])
})
