import { describe, expect, it } from 'vitest'
import type { Figures } from '../../bench/measure.ts'
import { acceptedRow, type RunsBySize, rowsOf, sum, table } from '../../bench/report.ts'
import { median, quantile } from '../../bench/statistics.ts'

const MB = 1024 * 1024

function run(sessions: number, changes: Partial<Figures> = {}): Figures {
  return {
    sessions,
    rss: (100 + sessions) * MB,
    heap: (50 + sessions / 2) * MB,
    opensPerSecond: 10,
    cpuPerSent: 4,
    sentPerSecond: 100,
    cpuPerReceived: 4,
    inbound: [1, 2, 3, 4],
    threads: {},
    integrity: { sent: 10, decrypted: 10, said: 5, delivered: 5, troubles: [] },
    ...changes,
  }
}

const runs = (changes: Partial<Figures> = {}): RunsBySize => ({
  few: [run(10), run(10)],
  all: [run(50, changes), run(50, changes)],
})

describe('quantile', () => {
  it('is the value at the nearest rank, whatever the order', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(quantile(values, 0.5)).toBe(50)
    expect(quantile(values, 0.99)).toBe(99)
    expect(quantile(values, 1)).toBe(100)
    expect(quantile(values, 0)).toBe(1)
    expect(quantile([7], 0.99)).toBe(7)
    expect(quantile([], 0.5)).toBeNaN()
  })

  it('compares as numbers, not as text', () => {
    expect(quantile([9, 10, 100], 1)).toBe(100)
  })
})

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([5])).toBe(5)
    expect(median([])).toBeNaN()
  })
})

describe('rows of the report', () => {
  const rowOf = (name: string, manager: RunsBySize, plain: RunsBySize) =>
    rowsOf(manager, plain).find(row => row.name === name)!

  it('take memory as a slope between few and all sessions', () => {
    const row = rowOf('RSS per session', runs({ rss: 200 * MB }), runs())
    expect(row.manager).toBeCloseTo(90 / 40)
    expect(row.plain).toBeCloseTo(1)
    expect(row.ratio).toBeCloseTo(2.25)
    expect(row.verdict).toBe('over')
  })

  it.each([
    ['CPU per acked message', { cpuPerSent: 5 }, true],
    ['CPU per acked message', { cpuPerSent: 5.1 }, false],
    ['sessions opened a second', { opensPerSecond: 10 }, true],
    ['sessions opened a second', { opensPerSecond: 9.9 }, false],
    ['inbound to POST p99', { inbound: [50] }, true],
    ['inbound to POST p99', { inbound: [50.1] }, false],
  ] as const)('hold %s with %o against its target: %s', (name, changes, ok) => {
    expect(rowOf(name, runs(changes), runs()).verdict).toBe(ok ? 'ok' : 'over')
  })

  it('do not judge memory when processes of the same size differ by more', () => {
    const shaky = { few: [run(10), run(10, { rss: 140 * MB })], all: [run(50), run(50)] }
    expect(rowOf('RSS per session', shaky, runs()).verdict).toBe('noise')
    const text = table('title', rowsOf(shaky, runs()), { manager: sum(shaky), plain: sum(runs()) })
    expect(text).toMatch(/^RSS per session .* noise$/m)
    expect(text).toMatch(/^noise: processes of the same size/m)
  })

  it('judge nothing that has no target', () => {
    expect(rowOf('acked messages a second', runs({ sentPerSecond: 1 }), runs()).verdict).toBeNull()
  })

  it.each([
    [20, 'ok'],
    [20.1, 'over'],
  ] as const)('judge a durable 202 after %s ms: %s', (p99, verdict) => {
    const row = acceptedRow([...Array.from({ length: 98 }, () => 1), p99, 900])
    expect(row).toMatchObject({ name: 'durable 202 p99', manager: p99, verdict })
    expect(acceptedRow([])).toMatchObject({ verdict: 'over' })
    const text = table('title', [row], { manager: sum(runs()), plain: sum(runs()) })
    expect(text).not.toContain('NaN')
  })

  it('take the middle of the rounds', () => {
    const manager = { few: [run(10)], all: [1, 2, 30].map(cpuPerSent => run(50, { cpuPerSent })) }
    expect(rowOf('CPU per acked message', manager, runs()).manager).toBe(2)
  })
})

describe('the table', () => {
  it('has a line for each row and says ok or over', () => {
    const manager = runs({ cpuPerSent: 6 })
    const text = table('title', rowsOf(manager, runs()), { manager: sum(manager), plain: sum(runs()) })
    const lines = text.split('\n')
    expect(lines[0]).toBe('title')
    expect(lines.find(line => line.startsWith('RSS per session'))).toMatch(
      /1\.00 MB +1\.00 MB +1\.00x +<= 1\.25x +ok$/,
    )
    expect(lines.find(line => line.startsWith('CPU per acked message'))).toMatch(
      /6\.00 ms +4\.00 ms +1\.50x +<= 1\.25x +over$/,
    )
    expect(lines.at(-2)).toBe(
      'manager  sent and acked 40, decrypted 40; said 20, delivered 20: nothing lost, nothing twice',
    )
  })

  it('does not hide what was lost', () => {
    const lossy = runs({
      integrity: { sent: 10, decrypted: 9, said: 5, delivered: 5, troubles: ['X was lost'] },
    })
    const text = table('title', rowsOf(lossy, runs()), { manager: sum(lossy), plain: sum(runs()) })
    expect(text).toContain('sent and acked 40, decrypted 38; said 20, delivered 20: 2 TROUBLES')
  })
})
