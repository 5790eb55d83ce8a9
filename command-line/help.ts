import { styleText } from 'node:util'
import type { Command } from './command.ts'

const WIDTH = 100
/** Longer names of options have a line of their own. */
const LONGEST = 24

/** What a command does, its options and examples; in colours where standard output is a terminal that has them. */
export function helpOf({ run, does, options, examples, notes }: Command): string {
  const paint = (format: 'bold' | 'cyan' | 'dim', text: string) =>
    styleText(format, text, { stream: process.stdout })
  const rows = Object.entries(options).map(([name, { takes, unless, help }]) => ({
    name: `--${name}${takes === null ? '' : ` ${takes}`}`,
    help: unless === null ? help : `${help} ${together(`(default ${unless})`)}`,
  }))
  rows.push({ name: '-h, --help', help: 'this' })
  const fitting = rows.map(({ name }) => name.length).filter(length => length <= LONGEST)
  const column = Math.max(...fitting) + 4
  const listed = rows.flatMap(({ name, help }) => {
    const [first = '', ...others] = wrapped(help, WIDTH - column)
    const own = paint('cyan', name)
    const indented = others.map(line => `${' '.repeat(column)}${line}`)
    if (name.length > LONGEST) return [`  ${own}`, `${' '.repeat(column)}${first}`, ...indented]
    return [`  ${own}${' '.repeat(column - 2 - name.length)}${first}`, ...indented]
  })
  const lines = examples.map(([args, what]) => ({ line: `${called(run, args)}`, what }))
  const longest = Math.max(...lines.map(({ line }) => line.length))
  const shown = lines.map(({ line, what }) => `  ${line.padEnd(longest)}   ${paint('dim', what)}`)
  return `${[
    ...[paint('bold', called(run, '[options]')), '', ...wrapped(does, WIDTH), ''],
    ...[paint('bold', 'Options'), ...listed, ''],
    ...[paint('bold', 'Examples'), ...shown],
    ...(notes === undefined ? [] : ['', ...wrapped(notes, WIDTH)]),
  ].join('\n')}\n`
}

/** Arguments of an npm script stand behind `--`. */
export const called = (run: string, args: string): string =>
  [run, run.startsWith('npm ') && args !== '' ? '--' : '', args].filter(word => word !== '').join(' ')

/** Stays in one line. */
const together = (text: string) => text.replaceAll(' ', '\u00a0')

/** The words in lines of at most `width` letters; a line break stays one. */
function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap(paragraph => {
    const lines = ['']
    for (const word of paragraph.split(' ')) {
      const last = lines.at(-1)!
      if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
      else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
    }
    return lines.map(line => line.replaceAll('\u00a0', ' '))
  })
}
