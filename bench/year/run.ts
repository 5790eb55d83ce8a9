import { parseArgs } from 'node:util'
import { wholeNumber } from '../../harness/flags.ts'
import type { Hold } from './holds.ts'
import { measureYear } from './measure-year.ts'

/** How long a manager that has grown for a year keeps its main thread to itself; exit code 1 if anything holds it too long. */

const { values } = parseArgs({
  options: {
    /** A fixture that is built in a second. */
    small: { type: 'boolean', default: false },
    /** No turn of the event loop may use more CPU time, in ms. */
    limit: { type: 'string', default: '20' },
  },
})

const LARGE = { sessions: 1_000, messages: 500_000, lanes: 30_000 }
const SMALL = { sessions: 20, messages: 2_000, lanes: 100 }

const limit = wholeNumber(values, 'limit')
const size = values.small ? SMALL : LARGE
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
