import { parseArgs } from 'node:util'
import { wholeNumber } from '../harness/flags.ts'
import { compare } from './compare.ts'
import { CONTENDERS, USUAL } from './contenders/contender.ts'
import type { Plan } from './prepare.ts'
import { profileManager } from './profile/profile-manager.ts'
import { table, total } from './report.ts'
import { rowsOf } from './rows.ts'
import { machine, nodeFlags, runBenchmark } from './run-benchmark.ts'

/** The manager beside loops of Baileys sockets on one simulator, all treated as phones treat them: one table of what the manager costs. */

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    /** Sent by each contender in a round; all other traffic is in proportion. */
    texts: { type: 'string', default: '1200' },
    /** How long a process settles, and is then watched, with nothing to do. */
    'idle-ms': { type: 'string', default: '2500' },
    /** Only these, separated by commas. */
    only: { type: 'string', default: USUAL.join(',') },
    /** Print figures instead of a table. */
    json: { type: 'boolean', default: false },
    /** Only the manager, its main thread profiled: the dearest lines of a message. */
    profile: { type: 'boolean', default: false },
    /** Where --profile leaves its .cpuprofile files, for a viewer; nowhere unless given. */
    out: { type: 'string' },
    /** For every process under test, such as --node-flags="--max-semi-space-size=8". */
    'node-flags': { type: 'string', default: '' },
  },
})

await runBenchmark(async (benchmark, progress) => {
  const sessions = wholeNumber(values, 'sessions', 2)
  const only = values.only.split(',')
  const stranger = only.find(name => !CONTENDERS.some(known => known === name))
  if (stranger !== undefined) throw new Error(`--only takes ${CONTENDERS.join(', ')}, not ${stranger}`)
  const plan: Plan = {
    sessions,
    few: Math.max(1, Math.round(sessions / 5)),
    rounds: wholeNumber(values, 'rounds'),
    contenders: CONTENDERS.filter(name => only.includes(name)),
    texts: wholeNumber(values, 'texts'),
    idleMs: wholeNumber(values, 'idle-ms'),
  }
  const environment = await benchmark.open(progress, nodeFlags(values['node-flags']), {
    probed: values.profile,
  })
  if (values.profile) return profileManager(environment, plan, values.out)
  const comparison = await compare(benchmark, environment, plan)
  const rows = rowsOf(comparison, sessions)
  const integrity = Object.fromEntries(
    Object.entries(comparison.runs).map(([name, { all }]) => [name, total(all)]),
  )
  const title = `${sessions} sessions (RSS a session: from ${plan.few}), ${plan.rounds} rounds, ${machine()}, ${progress.seconds()} s`
  const figures = { ...plan, node: process.versions.node, rows, integrity, ...comparison }
  return {
    text: values.json ? JSON.stringify(figures, null, 2) : table(title, rows, integrity),
    troubles: [
      ...Object.values(integrity).flatMap(({ troubles }) => troubles),
      ...total(comparison.fifty).troubles,
      ...comparison.durable.flatMap(({ troubles }) => troubles),
    ],
  }
})
