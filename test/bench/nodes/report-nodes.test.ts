import { expect, it } from 'vitest'
import { nodesTable } from '../../../bench/nodes/report-nodes.ts'

it('has a row for each number of nodes, and says nothing of what one node cannot take over', () => {
  const one = { nodes: 1, sessions: 500, startToOpen: 10_000, killedToOpen: null, handedOver: null }
  const two = { nodes: 2, sessions: 500, startToOpen: 8_000, killedToOpen: 17_240, handedOver: 2_060 }
  const lines = nodesTable(
    'title',
    [
      { ...one, moved: { killed: 0, handedOver: 0 } },
      { ...two, moved: { killed: 250, handedOver: 248 } },
    ],
    15_000,
  ).split('\n')
  expect(lines[3]).toMatch(/^ +1 +10\.0 s +50 +$/)
  expect(lines[4]).toMatch(/^ +2 +8\.0 s +63 +17\.2 s \(250 sessions\) +2\.1 s \(248 sessions\)$/)
  expect(new Set(lines.slice(1, 6).map(({ length }) => length)).size).toBe(1)
  expect(lines.join('\n')).toContain('a lease lasts 15 s')
})
