import { command } from '../command-line/command.ts'
import { optionsOf } from '../command-line/command-line.ts'
import { flag, someOf, text, textOr, wholeNumber } from '../command-line/options.ts'
import { compare } from './compare.ts'
import { CONTENDERS, USUAL } from './contenders/contender.ts'
import type { Plan } from './prepare.ts'
import { profileContenders } from './profile/profile-contenders.ts'
import { table, total } from './report.ts'
import { rowsOf } from './rows.ts'
import { machine, nodeFlags, runBenchmark } from './run-benchmark.ts'

/** The manager beside loops of Baileys sockets on one simulator, all treated as phones treat them: one table of what the manager costs. */

const values = optionsOf(
  command({
    run: 'npm run bench',
    does: 'The manager beside loops of Baileys sockets on one simulator: one table of what a message costs.',
    options: {
      sessions: wholeNumber('linked sessions of each contender', { default: 50, least: 2 }),
      rounds: wholeNumber('how often each contender is measured, in turn', { default: 3 }),
      texts: wholeNumber('sent by each contender in a round; all other traffic is in proportion', {
        default: 1200,
      }),
      'idle-ms': wholeNumber('how long a process settles, and is then watched, with nothing to do', {
        default: 2500,
        unit: 'ms',
      }),
      only: someOf(CONTENDERS, 'only these', USUAL),
      postgres: flag('also the manager with its store in PostgreSQL, and the queue on Redis'),
      json: flag('figures instead of a table'),
      profile: flag('one round of each with its main thread profiled: the dearest lines of a message'),
      out: text('DIR', 'where --profile leaves its .cpuprofile files, for a viewer; nowhere unless given'),
      'node-flags': textOr('FLAGS', '', 'of Node, for every process under test'),
    },
    examples: [
      ['', 'the whole table, on a quiet machine'],
      ['--sessions 10 --rounds 1 --only manager,plain', 'a quick look'],
      ['--profile --only manager --out profiles', 'where the time goes'],
      ['--node-flags="--max-semi-space-size=8"', 'what a flag of Node changes'],
    ],
    notes: 'Exit code 1: a message was lost or doubled, or the benchmark could not finish.',
  }),
)

await runBenchmark(async (benchmark, progress) => {
  const { sessions, rounds, texts, only } = values
  const plan: Plan = {
    sessions,
    few: Math.max(1, Math.round(sessions / 5)),
    rounds,
    contenders: CONTENDERS.filter(name => only.includes(name) || (name === 'postgres' && values.postgres)),
    texts,
    idleMs: values['idle-ms'],
  }
  const environment = await benchmark.open(progress, nodeFlags(values['node-flags']), {
    probed: values.profile,
  })
  if (values.profile) return profileContenders(benchmark, environment, plan, values.out)
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
