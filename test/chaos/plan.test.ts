import { describe, expect, it } from 'vitest'
import { KILL_POINT_NAMES } from '../../chaos/kill-points.ts'
import { type Options, planRounds } from '../../chaos/plan.ts'
import { createSeededRandom } from '../../simulator/seeded-random.ts'

const options: Options = {
  sessions: 5,
  rounds: 21,
  mode: 'safe',
  signal: 'SIGKILL',
  diskFull: false,
  groups: false,
  storm: false,
  points: KILL_POINT_NAMES,
  postgres: false,
  outageMs: 30_000,
}
const plan = (seed: string, changes: Partial<Options> = {}) =>
  planRounds({ ...options, ...changes }, createSeededRandom(seed))

describe('the plan of a run', () => {
  it('follows from the seed alone', () => {
    expect(plan('a')).toEqual(plan('a'))
    expect(plan('a')).not.toEqual(plan('b'))
    expect(plan('a', { rounds: 40 }).slice(0, 21)).toEqual(plan('a'))
  })

  it('has every point and a random moment once in each seven rounds', () => {
    for (const seed of ['a', 'b', 'c'])
      for (const from of [0, 7, 14]) {
        const points = plan(seed)
          .slice(from, from + 7)
          .map(({ point }) => point)
        expect(new Set(points)).toEqual(new Set([null, ...KILL_POINT_NAMES]))
      }
  })

  it('fills the disk in every third round, and nothing else happens in it', () => {
    const rounds = plan('a', { diskFull: true })
    expect(rounds.filter(({ pagesLeft }) => pagesLeft !== null).map(({ number }) => number)).toEqual([
      3, 6, 9, 12, 15, 18, 21,
    ])
    expect(rounds.every(({ point, pagesLeft }) => point === null || pagesLeft === null)).toBe(true)
  })

  it('has a server that takes no writes for a while in every fourth round, in turn read-only and failing over', () => {
    const rounds = plan('a', { postgres: true })
    const outages = rounds.filter(({ outage }) => outage !== null)
    expect(outages.map(({ number }) => number)).toEqual([2, 6, 10, 14, 18])
    for (const at of [0, 2])
      expect(new Set(outages.slice(at, at + 2).map(({ outage }) => outage))).toEqual(
        new Set(['readOnly', 'failOver']),
      )
    expect(outages.every(({ point, outageMs }) => point === null && outageMs === 30_000)).toBe(true)
    // They take no point's turn.
    const others = rounds.filter(({ outage }) => outage === null).slice(0, 7)
    expect(new Set(others.map(({ point }) => point))).toEqual(new Set([null, ...KILL_POINT_NAMES]))
    expect(plan('a').every(({ outage }) => outage === null)).toBe(true)
  })

  it('fills the disks of a server, in turn that of its tables and that of its log, which then has no standby', () => {
    const rounds = plan('a', { postgres: true, diskFull: true })
    expect(rounds.every(({ pagesLeft }) => pagesLeft === null)).toBe(true)
    const kinds = rounds.flatMap(({ number, outage }) => (number % 3 === 0 ? [outage] : []))
    expect(new Set(kinds.slice(0, 2))).toEqual(new Set(['tablesFull', 'logFull']))
    expect(kinds).not.toContain(null)
    expect(rounds.map(({ outage }) => outage)).not.toContain('failOver')
    expect(rounds.map(({ outage }) => outage)).toContain('readOnly')
  })

  it('mixes signals only when asked to', () => {
    const signals = (signal: Options['signal']) => new Set(plan('a', { signal }).map(round => round.signal))
    expect(signals('SIGTERM')).toEqual(new Set(['SIGTERM']))
    expect(signals('mixed')).toEqual(new Set(['SIGTERM', 'SIGKILL']))
  })
})

describe('the seeded random numbers', () => {
  it('are the same for the same purpose, in whatever order they are asked for', () => {
    const [one, other] = [createSeededRandom('s'), createSeededRandom('s')]
    const first = [one.share('a'), one.share('b', 1)]
    expect([other.share('b', 1), other.share('a')]).toEqual(first.toReversed())
    expect(createSeededRandom('t').share('a')).not.toBe(first[0])
  })

  it('reach both ends of their range and nothing beyond', () => {
    const random = createSeededRandom('s')
    const rolls = Array.from({ length: 500 }, (_, i) => random.between(2, 4, i))
    expect(new Set(rolls)).toEqual(new Set([2, 3, 4]))
  })
})
