import { command } from '../../command-line/command.ts'
import { optionsOf } from '../../command-line/command-line.ts'
import { flag, wholeNumber } from '../../command-line/options.ts'
import type { Hold } from './holds.ts'
import { measureYear } from './measure-year.ts'

/** How long a manager that has grown for a year keeps its main thread to itself; exit code 1 if anything holds it too long. */

const { small, limit } = optionsOf(
  command({
    run: 'npm run bench:year',
    does: 'How long a manager that has grown for a year keeps its main thread to itself: the longest turn of the event loop at the start and at each thing that is asked of it.',
    options: {
      small: flag(
        'a store that is made in a second, instead of a thousand sessions and half a million messages',
      ),
      limit: wholeNumber('CPU time that no turn of the event loop may use more of', {
        default: 20,
        unit: 'ms',
      }),
    },
    examples: [
      ['', 'a few minutes'],
      ['--small', 'whether it runs'],
    ],
    notes: 'Exit code 1: something holds the main thread for longer than the limit.',
  }),
)

const LARGE = { sessions: 1_000, messages: 500_000, lanes: 30_000 }
const SMALL = { sessions: 20, messages: 2_000, lanes: 100 }

const size = small ? SMALL : LARGE
const holds = await measureYear(size, what => process.stderr.write(`${what} …\n`))
const cells = (ms: number) => ms.toFixed(1).padStart(9)
const title = `${size.sessions} sessions, one with ${size.messages} messages, ${size.lanes} lanes: the longest turn of the main thread, ms`
const head = `${''.padEnd(40)}${'CPU'.padStart(9)}${'wall'.padStart(9)}${'all took'.padStart(10)}`
// What every start does is no matter of what is stored.
const [base, ...others] = holds
const tooLong = ({ what, cpu }: Hold) => cpu > limit + (what === 'start' ? base!.cpu : 0)
const rows = holds.map(hold => {
  const { what, cpu, wall, took } = hold
  const mark = others.includes(hold) && tooLong(hold) ? '  too long' : ''
  return `${what.padEnd(40)}${cells(cpu)}${cells(wall)}${cells(took).padStart(10)}${mark}`
})
// Baileys has no console here, and so nobody has.
process.stdout.write(`${[title, head, ...rows].join('\n')}\n`)
process.exitCode = others.some(tooLong) ? 1 : 0
