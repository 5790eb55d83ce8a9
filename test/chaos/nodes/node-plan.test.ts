import { expect, it } from 'vitest'
import { DEEDS, describeNodeRound, planNodeRounds } from '../../../chaos/nodes/node-plan.ts'
import { createSeededRandom } from '../../../simulator/seeded-random.ts'

const usual = Object.keys(DEEDS).filter(deed => !['tablesFull', 'logFull'].includes(deed))
const plan = (seed: string, rounds = usual.length, diskFull = false, awayMs: number | null = null) =>
  planNodeRounds(
    { nodes: 3, rounds, stopMs: 60_000, outageMs: 30_000, diskFull, awayMs },
    createSeededRandom(seed),
  )

it('is decided by the seed, and has every deed once before one comes again', () => {
  expect(plan('1')).toEqual(plan('1'))
  expect(plan('1')).not.toEqual(plan('2'))
  expect(
    plan('3')
      .map(({ deed }) => deed)
      .sort(),
  ).toEqual(usual.sort())
})

it('has full disks only where it is wanted, and then no standby', () => {
  const deeds = new Set(plan('3', 60, true).map(({ deed }) => deed))
  expect([deeds.has('tablesFull'), deeds.has('logFull'), deeds.has('failOver')]).toEqual([true, true, false])
})

it('holds nodes without a fence away from PostgreSQL, whatever the seed is', () => {
  for (const seed of ['1', '2', '3'])
    for (const [i, { deed, lastsMs }] of plan(seed, 6, false, 31_000).entries())
      if (i % 2 === 0) expect([deed, lastsMs]).toEqual(['hold-database', 31_000])
})

it('has every node in turn, and named moments for what a process can do to itself alone', () => {
  const rounds = plan('4', 300)
  expect(new Set(rounds.map(({ node }) => node))).toEqual(new Set([0, 1, 2]))
  const atPoints = rounds.filter(({ point }) => point !== null)
  expect(new Set(atPoints.map(({ deed }) => deed))).toEqual(new Set(['kill', 'stop']))
  expect(new Set(atPoints.map(({ point }) => point)).size).toBe(4)
  for (const { deed, lastsMs } of rounds) {
    expect(lastsMs === 60_000).toBe(deed === 'stop')
    expect(lastsMs === 30_000).toBe(deed === 'readOnly' || deed === 'failOver')
  }
})

it('says in words what befalls whom', () => {
  const round = plan('5')[0]!
  const said = (deed: keyof typeof DEEDS, point: typeof round.point = null) =>
    describeNodeRound({ ...round, node: 1, deed, point, lastsMs: 1500 })
  expect(said('kill', 'after-claim')).toBe('node 2: kill -9 between claim and open, for 1.5 s')
  expect(said('redis-flushed')).toBe('Redis flushed, for 1.5 s')
  expect(said('readOnly')).toBe('PostgreSQL read-only, for 1.5 s')
  expect(said('hold-database')).toBe('node 2: nothing arrives between it and PostgreSQL, for 1.5 s')
})
