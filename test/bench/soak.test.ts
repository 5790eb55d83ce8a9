import { describe, expect, it } from 'vitest'
import { rowsOf, soakTable } from '../../bench/soak/report-soak.ts'
import type { SoakFigures } from '../../bench/soak/soak.ts'
import { commandOf } from '../run-command.ts'

const MB = 1024 * 1024
const figures: SoakFigures = { rss: 200 * MB, heap: 90 * MB, cpuPerSent: 4, fds: 120 }
const verdicts = (after: Partial<SoakFigures>, percent = 5) =>
  Object.fromEntries(
    rowsOf({ before: figures, after: { ...figures, ...after }, troubles: [] }, percent).map(
      ({ name, verdict }) => [name, verdict],
    ),
  )

describe('the report of a soak', () => {
  it('takes 5 % more memory and CPU for no growth, and not one open file more', () => {
    expect(verdicts({})).toEqual({
      RSS: 'ok',
      heap: null,
      'CPU per sent message': 'ok',
      'open files': 'ok',
    })
    expect(verdicts({ rss: 209 * MB, cpuPerSent: 4.19, fds: 110 })).not.toHaveProperty('RSS', 'over')
    expect(verdicts({ rss: 211 * MB }).RSS).toBe('over')
    expect(verdicts({ cpuPerSent: 4.3 })['CPU per sent message']).toBe('over')
    expect(verdicts({ fds: 121 })['open files']).toBe('over')
    expect(verdicts({ rss: 211 * MB }, 10).RSS).toBe('ok')
  })

  it('shows both moments side by side', () => {
    const outcome = { before: figures, after: { ...figures, rss: 250 * MB }, troubles: [] }
    const table = soakTable('soak: 3 sessions', rowsOf(outcome, 5), 5)
    expect(table).toMatch(/RSS +200\.00 +250\.00 MB +1\.250x {2}over/)
    expect(table).toMatch(/open files +120 +120 +1\.000x {2}ok/)
  })
})

const soak = commandOf('bench/soak/run.ts')

describe('the soak', () => {
  // A short run says nothing of memory and CPU, which is what --within lets pass; files that are left open show at once.
  it('reconnects all sessions again and again, and no file stays open', { timeout: 240_000 }, async () => {
    const few = ['--sessions', '3', '--reconnects', '3', '--texts', '30', '--within', '900']
    const { code, table, progress } = await soak(...few)
    expect(table, progress).toMatch(/open files +\d+ +\d+ +[\d.]+x {2}ok/)
    expect(code, progress).toBe(0)
  })
})
