import { describe, expect, it } from 'vitest'
import type { Comparison, Runs } from '../../bench/compare.ts'
import type { Figures, IdleFigures } from '../../bench/figures.ts'
import { NO_WORK } from '../../bench/probe/server-work.ts'
import { table, total } from '../../bench/report.ts'
import { rowsOf } from '../../bench/rows.ts'
import { median, quantile } from '../../bench/statistics.ts'

const MB = 1024 * 1024

const idle = (sessions: number, changes: Partial<IdleFigures> = {}): IdleFigures => ({
  sessions,
  startToOpen: 2000,
  rss: (100 + sessions / 5) * MB,
  cpu: 0.01,
  ...changes,
})

function run(changes: Partial<Figures> = {}): Figures {
  return {
    idle: idle(50),
    killedToOpen: 2500,
    sent: { count: 10, cpu: 4, perSecond: 100, threads: {} },
    received: { count: 5, cpu: 4, threads: {}, latencies: [1, 2, 3, 4] },
    sentToGroups: { count: 2, cpu: 10, perSecond: 5, threads: {} },
    serverWork: NO_WORK,
    diskPerMessage: Number.NaN,
    integrity: { sent: 10, decrypted: 10, said: 5, delivered: 5, troubles: [] },
    ...changes,
  }
}

const runs = (...all: Partial<Figures>[]): Runs => ({
  few: [idle(10), idle(10)],
  all: all.length === 0 ? [run(), run()] : all.map(run),
})

const rowOf = (name: string, manager: Runs, more: Partial<Comparison['runs']> = {}, sessions = 50) =>
  rowsOf({ runs: { manager, plain: runs(), ...more }, durable: [], fifty: [] }, sessions).find(
    row => row.name === name,
  )!

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
  it('take memory as a slope between few and all sessions', () => {
    const more = { idle: idle(50, { rss: 122 * MB }) }
    const row = rowOf('RSS a session', runs(more, more))
    expect(row.values.manager).toBeCloseTo(20 / 40)
    expect(row.values.plain).toBeCloseTo(8 / 40)
    expect(row).toMatchObject({ verdict: 'over', target: '<= 0.25 MB' })
    expect(rowOf('RSS a session', runs())).toMatchObject({ verdict: 'ok' })
  })

  const sent = (cpu: number, perSecond = 110) => ({ sent: { count: 1, cpu, perSecond, threads: {} } })
  const received = (cpu: number, latencies = [1]) => ({ received: { count: 1, cpu, threads: {}, latencies } })
  it.each([
    ['text out, CPU each', sent(4), 'ok'],
    ['text out, CPU each', sent(4.1), 'over'],
    ['text in, CPU each', received(4.8), 'ok'],
    ['text in, CPU each', received(4.9), 'over'],
    ['sends a second', sent(1, 110), 'ok'],
    ['sends a second', sent(1, 109), 'over'],
    ['inbound p99', received(1, [25]), 'ok'],
    ['inbound p99', received(1, [25.1]), 'over'],
    ['RSS, all open and idle', { idle: idle(50, { rss: 150 * MB }) }, 'ok'],
    ['RSS, all open and idle', { idle: idle(50, { rss: 151 * MB }) }, 'over'],
    ['opens a second after a restart', { killedToOpen: 2500 / 3 }, 'ok'],
    ['opens a second after a restart', { killedToOpen: 900 }, 'over'],
    ['group text out to 20, CPU each', { sentToGroups: { ...run().sentToGroups, cpu: 5.1 } }, 'over'],
  ] as const)('hold %s with %o against its target: %s', (name, changes, verdict) => {
    expect(rowOf(name, runs(changes as Partial<Figures>)).verdict).toBe(verdict)
  })

  it('judge Redis beside the manager without it', () => {
    const rows = (cpu: number) => rowOf('with Redis: text out, CPU each', runs(), { redis: runs(sent(cpu)) })
    expect(rows(4.6)).toMatchObject({ values: { redis: 4.6 }, verdict: 'ok' })
    expect(rows(4.7)).toMatchObject({ verdict: 'over' })
    expect(rowOf('with Redis: text out, CPU each', runs())).toBeUndefined()
  })

  it('put what is traced beside the manager that is not, and judge it by nothing', () => {
    const row = rowOf('traced: text in, CPU each', runs(received(4)), { traced: runs(received(5)) })
    expect(row).toMatchObject({ values: { traced: 5 }, ratio: 1.25, target: null, verdict: null })
    expect(rowOf('traced: text in, CPU each', runs())).toBeUndefined()
  })

  it('ask more of a machine with a thousand sessions where the issue says so, and less where it does not', () => {
    expect(rowOf('inbound p99', runs(received(1, [49])), {}, 1000)).toMatchObject({ target: '<= 50 ms' })
    expect(rowOf('RSS, all open and idle', runs(), {}, 1000)).toMatchObject({ target: null, verdict: null })
  })

  it('ask whether a message costs more with many sessions than with 50', () => {
    const fifty = [run(sent(3.6))]
    const rows = rowsOf({ runs: { manager: runs(sent(4)), plain: runs() }, durable: [], fifty }, 1000)
    const row = rows.find(({ name }) => name === 'beside 50 sessions: text out, CPU each')
    expect(row).toMatchObject({ values: { manager: 4 }, target: '<= 1.10x', verdict: 'over' })
  })

  it('do not judge memory when processes of the same size differ by more', () => {
    const shaky = { ...runs(), few: [idle(10), idle(10, { rss: 110 * MB })] }
    const rows = rowsOf({ runs: { manager: shaky, plain: runs() }, durable: [], fifty: [] }, 50)
    expect(rows.find(({ name }) => name === 'RSS a session')?.verdict).toBe('noise')
    const text = table('title', rows, { manager: total(shaky.all) })
    expect(text).toMatch(/^RSS a session .* noise$/m)
    expect(text).toMatch(/^noise: processes of the same size/m)
  })

  it('have no figure of disk where there is none', () => {
    const row = rowOf('disk a message', runs({ diskPerMessage: 2048 }, { diskPerMessage: 2048 }))
    expect(row.values).toEqual({ manager: 2 })
    expect(row.ratio).toBeNaN()
  })

  it('tell what servers did where there are any, and nothing else', () => {
    const work = { commits: 0.5, rows: 12, wal: 9 * 1024, redisCommands: 3 }
    const servers = { postgres: runs({ serverWork: work }, { serverWork: work }) }
    const named = (rows: ReturnType<typeof rowsOf>) =>
      rows.filter(({ name }) => /^(PostgreSQL|Redis): (?!text)/.test(name)).map(({ values }) => values)
    const alone = { runs: { manager: runs(), plain: runs() }, durable: [], fifty: [] }
    expect(named(rowsOf(alone, 50))).toEqual([])
    const both = { ...alone, runs: { ...alone.runs, ...servers } }
    expect(named(rowsOf(both, 50)).map(({ postgres }) => postgres)).toEqual([0.5, 12, 9, 3])
  })

  it('show no ratio to nothing', () => {
    const quiet = runs({ idle: idle(50, { cpu: 0 }) }, { idle: idle(50, { cpu: 0 }) })
    const rows = rowsOf({ runs: { manager: runs(), plain: quiet }, durable: [], fifty: [] }, 50)
    expect(table('title', rows, {})).not.toContain('Infinity')
  })

  it('judge nothing that has no target', () => {
    expect(rowOf('start to all open', runs()).verdict).toBeNull()
  })

  it.each([
    [15, 'ok'],
    [15.1, 'over'],
  ] as const)('judge a durable 202 after %s ms: %s', (p99, verdict) => {
    const latencies = [...Array.from({ length: 98 }, () => 1), p99, 900]
    const rows = rowsOf({ runs: {}, durable: [{ latencies, troubles: [] }], fifty: [] }, 50)
    expect(rows.at(-1)).toMatchObject({ name: 'durable 202 p99', values: { manager: p99 }, verdict })
    expect(table('title', rows, {})).not.toContain('NaN')
  })

  it.each([
    [11, 40, 'ok', 'ok'],
    [14, 251, 'over', 'over'],
  ] as const)('judge a machine after a viewer (%s µs) beside one before, and with one (%s µs)', (after, watched, ...verdicts) => {
    const rows = rowsOf({ runs: {}, durable: [], fifty: [], inspected: { before: 10, watched, after } }, 50)
    expect(rows.slice(-2)).toMatchObject([
      {
        name: 'event of a machine, nobody looks on',
        values: { manager: after },
        ratio: after / 10,
        verdict: verdicts[0],
      },
      {
        name: 'event of a machine, one looks on',
        values: { manager: watched },
        ratio: watched / 10,
        verdict: verdicts[1],
      },
    ])
  })

  it('take the middle of the rounds', () => {
    expect(rowOf('text out, CPU each', runs(sent(1), sent(30), sent(2))).values.manager).toBe(2)
  })
})

describe('the table', () => {
  it('has a line for each row, a column for each contender, and says ok or over', () => {
    const { few, all } = runs({ sent: { count: 1, cpu: 6, perSecond: 1, threads: {} } })
    const rows = rowsOf({ runs: { manager: { few, all }, plain: runs() }, durable: [], fifty: [] }, 50)
    const lines = table('title', rows, { manager: total(all), plain: total(all) }).split('\n')
    expect(lines[0]).toBe('title')
    expect(lines[2]).toMatch(/^ +manager +L +ratio +target$/)
    expect(lines.find(line => line.startsWith('text out'))).toMatch(
      /6\.00 ms +4\.00 ms +1\.50x +<= 1\.00x +over$/,
    )
    expect(lines.at(-2)).toBe(
      'manager  sent and acked 10, decrypted 10; said 5, delivered 5: nothing lost, nothing twice',
    )
  })

  it('does not hide what was lost', () => {
    const integrity = { sent: 10, decrypted: 9, said: 5, delivered: 5, troubles: ['X was lost'] }
    const lossy = runs({ integrity }, { integrity })
    const rows = rowsOf({ runs: { manager: lossy }, durable: [], fifty: [] }, 50)
    const text = table('title', rows, { manager: total(lossy.all) })
    expect(text).toContain('sent and acked 20, decrypted 18; said 10, delivered 10: 2 TROUBLES')
  })
})
