import { describe, expect, it } from 'vitest'
import { commandOf } from '../run-command.ts'

const bench = commandOf('bench/run.ts')

describe('the benchmark', () => {
  // So little traffic says nothing of cost; what is lost or doubled would show.
  it('compares every contender, and nothing is lost', { timeout: 240_000 }, async () => {
    const { code, table, progress } = await bench(
      ...['--sessions', '2', '--rounds', '1', '--texts', '12', '--idle-ms', '100'],
    )
    expect(code, progress + table).toBe(0)
    expect(table).toMatch(
      /^text out, CPU each +[\d.]+ ms +([\d.]+ ms +)?[\d.]+ ms +[\d.]+ ms +[\d.]+x +<= 1\.00x/m,
    )
    for (const name of ['manager', 'careful', 'plain'])
      expect(table).toMatch(
        new RegExp(`^${name} +sent and acked \\d+, .*: nothing lost, nothing twice$`, 'm'),
      )
  })

  it('names the dearest lines of a start and of each kind of message', { timeout: 120_000 }, async () => {
    const small = ['--sessions', '2', '--texts', '12', '--idle-ms', '100']
    const { code, table, progress } = await bench('--profile', '--only', 'plain', ...small)
    expect(code, progress + table).toBe(0)
    expect(table).toMatch(/^== plain$/m)
    for (const [what, count] of [
      ['start until a session is open', 2],
      ['text out', '\\d+'],
      ['text in', '\\d+'],
    ])
      expect(table).toMatch(
        new RegExp(`^${what}: [\\d.]+ ms of CPU each \\(${count} of them\\): main thread`, 'm'),
      )
    expect(table).toMatch(/^ +[\d.]+ {2}@whiskeysockets\/baileys +lib\//m)
  })

  it('tells what tracing costs beside none', { timeout: 120_000 }, async () => {
    const { code, table, progress } = await bench(
      ...[
        '--only',
        'manager,traced',
        '--sessions',
        '2',
        '--rounds',
        '1',
        '--texts',
        '12',
        '--idle-ms',
        '100',
      ],
    )
    expect(code, progress + table).toBe(0)
    for (const kind of ['out', 'in'])
      expect(table).toMatch(new RegExp(`^traced: text ${kind}, CPU each +[\\d.]+ ms +[\\d.]+x$`, 'm'))
  })
})
