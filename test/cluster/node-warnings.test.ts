import { expect, it } from 'vitest'
import { nodeWarnings, type SeenOfNodes } from '../../src/cluster/node-warnings.ts'

const one = { node: 'a', url: 'http://a', sessions: 1, maxSessions: null, stats: null }
const well: SeenOfNodes = {
  node: 'a',
  url: 'http://a',
  members: { nodes: [one, { ...one, node: 'b', url: 'http://b' }], free: 0, own: 1, mail: [] },
  freeForMs: 0,
  leaseMs: 15_000,
  filesApart: false,
}
const codes = (over: Partial<SeenOfNodes>) => nodeWarnings({ ...well, ...over }).map(({ code }) => code)

it('warns of nothing where all is well, of one node, or before anything was seen', () => {
  expect(codes({})).toEqual([])
  expect(codes({ filesApart: true, members: { ...well.members!, nodes: [one] } })).toEqual([])
  expect(codes({ node: null, filesApart: true })).toEqual([])
  expect(codes({ members: null, filesApart: true })).toEqual([])
})

it('waits for a lease and a while before sessions without a node are worth a word', () => {
  const members = { ...well.members!, free: 1 }
  expect(codes({ members, freeForMs: 30_000 })).toEqual([])
  expect(codes({ members, freeForMs: 30_001 })).toEqual(['SESSIONS_WITHOUT_NODE'])
  expect(codes({ freeForMs: 30_001 })).toEqual([])
})
