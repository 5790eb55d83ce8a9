import { describe, expect, it } from 'vitest'
import { createRouting } from '../../src/cluster/routing.ts'
import { sumStats } from '../../src/cluster/sum-stats.ts'
import type { ClusterNode, Whereabouts } from '../../src/ports/cluster/owner-table.ts'

const KEY = Buffer.from('k')
const nodes: ClusterNode[] = [
  { node: 'me', url: 'http://me', sessions: 9, maxSessions: null, stats: null },
  { node: 'b', url: 'http://b', sessions: 5, maxSessions: null, stats: null },
  { node: 'c', url: 'http://c', sessions: 3, maxSessions: null, stats: null },
  { node: 'd', url: '', sessions: 0, maxSessions: null, stats: null },
]
const routing = ({
  found = null,
  room = 1,
  adopts = true,
  here = false,
  members = nodes,
}: {
  found?: Whereabouts | null
  room?: number
  adopts?: boolean
  here?: boolean
  members?: ClusterNode[]
}) =>
  createRouting({
    table: { whereIs: async () => found },
    ownership: {
      node: 'me',
      room,
      members: { nodes: members, free: 0, own: 0, mail: [] },
      adopt: async () => adopts,
    },
    key: KEY,
    isHere: () => here,
  })
const at = (node: string | null, url: string | null): Whereabouts => ({ streamId: 's', node, url })

describe('Where a request is answered', () => {
  it('is the node that has the session, also if that is this one', async () => {
    expect(await routing({ found: at('b', 'http://b') }).placeOf('s')).toEqual({ node: 'b', url: 'http://b' })
    expect(await routing({ here: true }).placeOf('s')).toBeNull()
    expect(await routing({ found: null }).placeOf('s')).toBe('nowhere')
  })

  it('is this one if nobody has it and there is room; else nobody answers, or nobody yet', async () => {
    const free = at(null, null)
    expect(await routing({ found: free }).placeOf('s')).toBeNull()
    expect(await routing({ found: free, adopts: false }).placeOf('s')).toEqual({ why: 'free' })
    for (const one of [routing({ found: at('me', 'http://me') }), routing({ found: at('d', '') })])
      expect(await one.placeOf('s')).toEqual({ why: 'moving' })
  })

  it('is for a new session this one, or the one with the fewest that can be reached', () => {
    expect(routing({}).placeForNew()).toBeNull()
    expect(routing({ room: 0 }).placeForNew()).toEqual({ node: 'c', url: 'http://c' })
    const full = nodes.map(one => ({ ...one, maxSessions: one.node === 'c' ? 3 : 6 }))
    expect(routing({ room: 0, members: full }).placeForNew()).toEqual({ node: 'b', url: 'http://b' })
    for (const members of [[], full.filter(({ node }) => node !== 'b')])
      expect(() => routing({ room: 0, members }).placeForNew()).toThrow(/MAX_SESSIONS/)
  })

  it('shows a token that all nodes of a database make alike, and others do not', () => {
    expect(routing({}).token).toBe(routing({}).token)
    expect(routing({}).token).toMatch(/^[\w-]{43}$/)
  })
})

it('what all nodes have is this one’s as it is, and the others’ as they said lately', () => {
  const stats = (n: number, state: string) => ({
    sessions: { totalSessions: n, activeSessions: n, inactiveSessions: 1, oldestSession: n * 10 },
    qr: { pendingQR: 1, trackedSessions: 2 },
    byState: { [state]: n },
  })
  const all = [
    { ...nodes[0]!, stats: stats(99, 'open') },
    { ...nodes[1]!, stats: stats(4, 'open') },
    { ...nodes[2]!, stats: stats(2, 'awaitingQr') },
    nodes[3]!,
  ]
  expect(sumStats(stats(3, 'open'), 'me', { nodes: all, free: 0, own: 0, mail: [] })).toEqual({
    sessions: { totalSessions: 9, activeSessions: 9, inactiveSessions: 3, oldestSession: 40 },
    qr: { pendingQR: 3, trackedSessions: 6 },
    byState: { open: 7, awaitingQr: 2 },
  })
  const free = sumStats(stats(3, 'open'), 'me', { nodes: all, free: 2, own: 0, mail: [] })
  expect([free.sessions.totalSessions, free.byState]).toEqual([11, { open: 7, awaitingQr: 2 }])
  expect(sumStats(stats(3, 'open'), null, null)).toEqual(stats(3, 'open'))
})
