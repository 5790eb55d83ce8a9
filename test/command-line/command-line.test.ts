import { describe, expect, expectTypeOf, it } from 'vitest'
import { command } from '../../command-line/command.ts'
import { CommandLineError, valuesOf } from '../../command-line/command-line.ts'
import { helpOf } from '../../command-line/help.ts'
import {
  flag,
  oneOf,
  positiveNumber,
  required,
  someOf,
  someOrNoneOf,
  text,
  textOr,
  texts,
  wholeNumber,
  wholeNumbers,
} from '../../command-line/options.ts'

const ALL = command({
  run: 'npm run all',
  does: 'Has an option of every kind.',
  options: {
    rounds: wholeNumber('how often', { default: 3, least: 2 }),
    port: wholeNumber('where', { default: 0, least: 0, most: 65_535 }),
    drop: wholeNumber('so many at once', {}),
    'idle-ms': wholeNumber('how long', { default: 2500, unit: 'ms' }),
    minutes: positiveNumber('how long it lasts', { default: 1, most: 60, unit: 'minutes' }),
    lanes: wholeNumbers('one run each', [30, 300]),
    out: text('DIR', 'where files are left'),
    flags: textOr('FLAGS', '', 'of Node'),
    seed: textOr('TEXT', '4711', 'decides everything', 'made up'),
    auth: required('DIR', 'where the folders are', 'where are they?'),
    session: texts('ID', 'only these'),
    mode: oneOf(['safe', 'naive'], 'how'),
    only: someOf(['one', 'two'], 'only these'),
    points: someOrNoneOf(['before', 'after'], 'moments'),
    json: flag('figures'),
  },
  examples: [
    ['--auth a', 'the least'],
    ['', 'nothing'],
  ],
  notes: 'Exit code 1: it failed.',
})

const read = (line: string) => valuesOf(ALL, ['--auth', 'a', ...line.split(' ').filter(Boolean)])

describe('the options of a command', () => {
  it('have their defaults', () => {
    expect(read('')).toEqual({
      ...{ rounds: 3, port: 0, drop: undefined, 'idle-ms': 2500, minutes: 1, lanes: [30, 300] },
      ...{ out: undefined, flags: '', seed: '4711', auth: 'a', session: [], mode: 'safe' },
      ...{ only: ['one', 'two'], points: ['before', 'after'], json: false },
    })
  })

  it('are what was given, and of that type', () => {
    const values = read(
      '--rounds 2 --port=65535 --drop 7 --minutes 0.5 --lanes 1,2 --out o --flags=--a --mode naive --points after --json',
    )
    expect(values).toMatchObject({
      ...{ rounds: 2, port: 65_535, drop: 7, minutes: 0.5, lanes: [1, 2], out: 'o', flags: '--a' },
      ...{ mode: 'naive', points: ['after'], json: true },
    })
    expect(read('--points none').points).toEqual([])
    expect(read('--only two').only).toEqual(['two'])
    expect(read('--session a,b --session c').session).toEqual(['a', 'b', 'c'])
    expect(read('--rounds 4 --rounds 5').rounds).toBe(5)
    expectTypeOf(values.rounds).toEqualTypeOf<number>()
    expectTypeOf(values.drop).toEqualTypeOf<number | undefined>()
    expectTypeOf(values.mode).toEqualTypeOf<'safe' | 'naive'>()
    expectTypeOf(values.points).toEqualTypeOf<('before' | 'after')[]>()
    expectTypeOf(values.json).toEqualTypeOf<boolean>()
    expectTypeOf(values.out).toEqualTypeOf<string | undefined>()
  })

  it.each([
    ['--round 3', 'there is no --round; --rounds is meant?'],
    ['--nonsense', 'there is no --nonsense'],
    ['--__proto__', 'there is no --__proto__'],
    ['-x', 'there is no -x'],
    ['three', 'three is no option'],
    ['--json=yes', '--json takes no value'],
    ['--rounds', '--rounds needs a value: --rounds N'],
    ['--out --json', '--out needs a value: --out DIR'],
    ['--mode reckless', '--mode takes safe, naive, not reckless'],
    ['--only none', '--only takes one, two, not none'],
    ['--points before,never', '--points takes before, after, not never'],
    ['--minutes 0', '--minutes must be more than 0, at most 60'],
    ['--minutes soon', '--minutes must be more than 0, at most 60'],
    ['--minutes 61', '--minutes must be more than 0, at most 60'],
    ['--port 65536', '--port must be a whole number of at least 0, at most 65535'],
    ['--lanes 1,,2', '--lanes must be a whole number of at least 1'],
    ...['0', '-1', '1', '2.5', 'many', '1e400'].map(value => [
      `--rounds ${value}`,
      '--rounds must be a whole number of at least 2',
    ]),
  ])('are refused as %s, in a line that says what would be right', (line, sentence) => {
    expect(() => read(line!)).toThrow(new CommandLineError(`${sentence} (see npm run all -- --help)`))
  })

  it('are refused when one that is needed is missing or empty', () => {
    for (const args of [[], ['--auth=']])
      expect(() => valuesOf(ALL, args)).toThrow('--auth is missing: where are they? (see ')
    expect(() => valuesOf(ALL, ['--auth', 'a', '--rounds='])).toThrow('--rounds must be a whole number')
  })
})

describe('the help of a command', () => {
  const lines = helpOf(ALL).split('\n')

  it('says what it does, each option with its unit and default, and shows examples', () => {
    expect(lines.slice(0, 3)).toEqual(['npm run all -- [options]', '', 'Has an option of every kind.'])
    for (const line of [
      /^ {2}--rounds N +how often \(default 3\)$/,
      /^ {2}--idle-ms MS +how long \(default 2500 ms\)$/,
      /^ {2}--minutes MINUTES +how long it lasts \(default 1 minutes\)$/,
      /^ {2}--lanes N,… +one run each \(default 30,300\)$/,
      /^ {2}--drop N +so many at once$/,
      /^ {2}--flags FLAGS +of Node$/,
      /^ {2}--seed TEXT +decides everything \(default made up\)$/,
      /^ {2}--session ID,… +only these$/,
      /^ {2}--mode safe\|naive +how \(default safe\)$/,
      /^ {2}--points NAME,… +moments: before, after, or none \(default all\)$/,
      /^ {2}--json +figures$/,
      /^ {2}-h, --help +this$/,
      /^ {2}npm run all -- --auth a {3}the least$/,
      /^ {2}npm run all +nothing$/,
      /^Exit code 1: it failed\.$/,
    ])
      expect(
        lines.filter(one => line.test(one)),
        String(line),
      ).toHaveLength(1)
  })

  it('fits into a hundred columns, with each text under its beginning', () => {
    const long = 'a word '.repeat(40).trim()
    const options = { short: flag(long), 'an-option-of-quite-a-length': text('VALUE', long) }
    const own = helpOf(command({ run: 'node x.ts', does: long, options, examples: [] })).split('\n')
    expect(own[0]).toBe('node x.ts [options]')
    expect(Math.max(...own.map(line => line.length))).toBeLessThanOrEqual(100)
    expect(own.filter(line => /^ {14}(?:a|word)/.test(line)).length).toBeGreaterThan(4)
  })
})
