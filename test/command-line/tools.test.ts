import { globSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { commandOf } from '../run-command.ts'

/** Each program that people start by hand: how it is started, options of its help, and what it says of a wrong one. */
const TOOLS: [run: string, named: string[], refused: [args: string[], sentence: string][]][] = [
  [
    'bench',
    ['--sessions N', '--idle-ms MS', '(default 2500 ms)'],
    [
      [
        ['--only', 'manager,other'],
        '--only takes manager, redis, postgres, traced, careful, plain, not other',
      ],
    ],
  ],
  [
    'bench:ceiling',
    ['--rss-mb MB', '--seconds SECONDS'],
    [[['--step', '0'], '--step must be a whole number']],
  ],
  [
    'bench:drain',
    ['--lanes N,…', '--away SECONDS'],
    [[['--lanes', '30,x'], '--lanes must be a whole number']],
  ],
  ['bench:media', ['--video-mb MB'], [[['--images', '1.5'], '--images must be a whole number']]],
  ['bench:nodes', ['--lease-ms MS'], [[['--lease-ms', '10'], '--lease-ms must be a whole number']]],
  ['bench:soak', ['--within PERCENT'], [[['--reconnects', 'many'], '--reconnects must be a whole number']]],
  ['bench:year', ['--limit MS', '--small'], [[['--small=1'], '--small takes no value']]],
  [
    'ledger',
    ['--seed TEXT', '--points NAME,…', '--mode safe|naive', '--postgres'],
    [
      [['--sessions', '0'], '--sessions must be a whole number'],
      [['--points', 'before-lunch'], '--points takes before-commit'],
      [['--signal', 'SIGHUP'], '--signal takes SIGKILL'],
    ],
  ],
  [
    'storm',
    ['--minutes MINUTES', '--drop N'],
    [
      [['--minutes', '0'], '--minutes must be'],
      [['--sessions', 'x'], '--sessions must be a whole number'],
    ],
  ],
  ['demo', ['--exit'], [[['--exits'], 'there is no --exits; --exit is meant?']]],
  [
    'simulator',
    ['--admin-port N', '--receipt-delay MS', '(default 25 ms)'],
    [[['--port', '99999'], '--port must be a whole number']],
  ],
  ['inspect', ['--print', '--session ID,…'], [[['shop'], 'shop is no option']]],
  [
    'import',
    ['--auth DIR', '--user WHO', '--dry-run'],
    [
      [['--user', '7'], '--auth is missing'],
      [['--auth', tmpdir()], '--user is missing'],
    ],
  ],
  [
    'migrate',
    ['--from DIR', '--to URL', '--dry-run'],
    [
      [['--to', 'postgres://x'], '--from is missing'],
      [['--from', tmpdir(), '--force'], 'there is no --force'],
    ],
  ],
  ['laravel:check', ['--help'], [[['--quick'], 'there is no --quick']]],
]

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const fileOf = (run: string) => scripts[run]!.split(' ').at(-1)!

describe('each program that people start by hand', () => {
  it('is listed here', () => {
    const programs = globSync(['bench/**/run.ts', 'chaos/**/run.ts', '{demo,import,inspect,migrate}/run.ts'])
    const listed = TOOLS.map(([run]) => fileOf(run))
    expect(programs.filter(file => !listed.includes(file))).toEqual([])
  })

  describe.each(TOOLS)('npm run %s', (run, named, refused) => {
    const tool = commandOf(fileOf(run))

    it('says what it does, what it takes and how it is used', async () => {
      const { code, table, progress } = await tool('--help', '--whatever')
      expect({ code, progress }).toEqual({ code: 0, progress: '' })
      for (const text of [
        `npm run ${run} -- [options]\n`,
        '\nOptions\n',
        `\nExamples\n  npm run ${run}`,
        ...named,
      ])
        expect(table).toContain(text)
      expect(table).not.toContain('\u001b')
      expect(table.split('\n').filter(line => line.length > 110)).toEqual([])
    })

    it.each(refused)('refuses %j in one line, before anything is begun', async (args, sentence) => {
      const { code, table, progress } = await tool(...args)
      expect(progress).toContain(`npm run ${run}: ${sentence}`)
      expect(progress.trimEnd().split('\n')).toHaveLength(1)
      expect({ code, table }).toEqual({ code: 2, table: '' })
    })
  })
})
