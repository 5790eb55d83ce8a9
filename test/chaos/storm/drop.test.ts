import { describe, expect, it } from 'vitest'
import { isRight, linesOf } from '../../../chaos/storm/drop-report.ts'
import { type DropOutcome, mostWithin } from '../../../chaos/storm/drop-run.ts'
import { commandOf } from '../../run-command.ts'

const good: DropOutcome = {
  ...{ sessions: 100, perSecond: 20, mostInASecond: 20, connects: 100, away: [], suspended: 0 },
  ...{ backMs: 6000, answers: Array.from({ length: 200 }, (_, i) => i), unanswered: 0, qrs: 0 },
}
const wrong = (change: Partial<DropOutcome>) =>
  linesOf({ ...good, ...change }).flatMap(({ name, isRight }) => (isRight === false ? [name] : []))

describe('the report of a drop', () => {
  it('is right when all is, and names what is not', () => {
    expect(wrong({})).toEqual([])
    expect(isRight(linesOf(good))).toBe(true)
    expect(isRight(linesOf({ ...good, qrs: 1 }))).toBe(false)
    expect(wrong({ mostInASecond: 21 })).toEqual(['most connects within a second, of 20'])
    expect(wrong({ away: ['34610000001 is reconnecting.waiting'] })).toEqual(['not back'])
    expect(wrong({ suspended: 1, qrs: 1 })).toEqual(['suspended', 'QRs asked of anybody'])
    expect(wrong({ answers: [1, 2, 300], unanswered: 1 })).toEqual([
      'without an answer',
      'p99, ms, under 250',
    ])
    expect(wrong({ answers: [] })).toContain('answers of GET /health/live')
  })
})

describe('the most within a second', () => {
  it('is found wherever the second begins', () => {
    expect(mostWithin([], 1000)).toBe(0)
    expect(mostWithin([0, 50, 999, 1000, 1040], 1000)).toBe(4)
    expect(mostWithin([0, 1000, 2000], 1000)).toBe(1)
    expect(mostWithin([0, 500, 900, 950, 980, 1600], 1000)).toBe(5)
  })
})

const drop = commandOf('chaos/storm/run.ts')

describe('all sessions at once', () => {
  it('lose their connection, and come back at the rate of connects', { timeout: 240_000 }, async () => {
    const { code, table, progress } = await drop('--drop', '12', '--per-second', '3', '--seed', '1')
    const count = (name: string) => Number(new RegExp(`^ +${name}\\D+([\\d.]+)`, 'm').exec(table)?.[1])
    expect(table, progress).not.toMatch(/(?:connects.*|not back|suspended|QRs.*|without.*) WRONG/)
    expect(code, table).toBe(table.includes('p99, ms, under 250') && /p99.* ok/.test(table) ? 0 : 1)
    expect(count('sessions dropped at once')).toBe(12)
    expect(count('connects')).toBeGreaterThanOrEqual(12)
    expect(count('all back after, s')).toBeGreaterThan(3)
  })
})
