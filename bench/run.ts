import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { wholeNumber } from '../harness/flags.ts'
import { compare, type Plan } from './compare.ts'
import { acceptedRow, rowsOf, sum, table } from './report.ts'
import { machine, nodeFlags, runBenchmark } from './run-benchmark.ts'

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

await runBenchmark(async (benchmark, progress) => {
  const sessions = wholeNumber(values, 'sessions', 2)
  const plan: Plan = {
    sessions,
    few: Math.max(1, Math.round(sessions / 5)),
    rounds: wholeNumber(values, 'rounds'),
    profiles: values.profile === undefined ? null : resolve(values.profile),
  }
  const environment = await benchmark.open(progress, nodeFlags(values['node-flags']))
  const { runs, durable } = await compare(environment, plan)
  const rows = [...rowsOf(runs.manager, runs.plain), acceptedRow(durable.latencies)]
  const integrity = { manager: sum(runs.manager), plain: sum(runs.plain) }
  const title = `${plan.sessions} sessions (memory: from ${plan.few}), ${plan.rounds} rounds, ${machine()}, ${progress.seconds()} s`
  return {
    text: values.json
      ? JSON.stringify(
          { ...plan, node: process.versions.node, rows, integrity, lives: runs, durable },
          null,
          2,
        )
      : table(title, rows, integrity),
    troubles: [...integrity.manager.troubles, ...integrity.plain.troubles, ...durable.troubles],
  }
})
