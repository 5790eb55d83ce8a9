import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createProgress } from '../harness/progress.ts'
import { compare, type Plan } from './compare.ts'
import { durableRow, rowsOf, sum, table } from './report.ts'
import { Venue } from './venue.ts'

/** The manager and a plain loop of Baileys sockets, side by side on one simulator: one table of what the manager costs. */

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '2' },
    /** Print figures instead of a table. */
    json: { type: 'boolean', default: false },
    /** A directory for CPU profiles of the sending; profiles cost CPU themselves. */
    profile: { type: 'string' },
    /** For every process under test, such as --node-flags="--max-semi-space-size=8". */
    'node-flags': { type: 'string', default: '' },
  },
})

const progress = createProgress(process.stderr)
const venue = new Venue()
process.on('SIGINT', () => {
  venue.close().then(() => process.exit(130))
})

try {
  const sessions = whole('sessions', 2)
  const plan: Plan = {
    sessions,
    few: Math.max(1, Math.round(sessions / 5)),
    rounds: whole('rounds', 1),
    profiles: values.profile === undefined ? null : resolve(values.profile),
  }
  const nodeFlags = values['node-flags'].split(' ').filter(flag => flag !== '')
  const { lives, durable } = await compare(await venue.open(progress, nodeFlags), plan)
  progress.done()
  const rows = [...rowsOf(lives.manager, lives.plain), durableRow(durable.latencies)]
  const integrity = { manager: sum(lives.manager), plain: sum(lives.plain) }
  const queue = process.env.REDIS_URL ? 'queue on Redis' : 'queue in process'
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores, ${queue}`
  const title = `${plan.sessions} sessions (memory: from ${plan.few}), ${plan.rounds} rounds, ${machine}, ${progress.seconds()} s`
  const text = values.json
    ? JSON.stringify({ ...plan, node: process.versions.node, rows, integrity, lives, durable }, null, 2)
    : table(title, rows, integrity)
  process.stdout.write(`${text}\n`)
  const troubles = [...integrity.manager.troubles, ...integrity.plain.troubles, ...durable.troubles]
  for (const trouble of troubles.slice(0, 20)) process.stderr.write(`${trouble}\n`)
  if (troubles.length > 0) process.exitCode = 1
} catch (error) {
  progress.done()
  process.stderr.write(`The benchmark could not finish: ${error instanceof Error ? error.message : error}\n`)
  process.stderr.write(venue.outputs)
  process.exitCode = 1
} finally {
  await venue.close()
}

function whole(name: 'sessions' | 'rounds', least: number): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} must be a whole number of at least ${least}`)
}
