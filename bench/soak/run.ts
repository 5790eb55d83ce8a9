import { command } from '../../command-line/command.ts'
import { optionsOf } from '../../command-line/command-line.ts'
import { textOr, wholeNumber } from '../../command-line/options.ts'
import { linkSessions } from '../environment/session-sets.ts'
import { machine, nodeFlags, runBenchmark } from '../run-benchmark.ts'
import { rowsOf, soakTable } from './report-soak.ts'
import { soak } from './soak.ts'

/** All sessions of a manager lose their connection again and again: what does a reconnect leave behind? */

const values = optionsOf(
  command({
    run: 'npm run bench:soak',
    does: 'All sessions of a manager lose their connection again and again: memory, CPU a message and open files before and after say what a reconnect leaves behind.',
    options: {
      sessions: wholeNumber('linked sessions', { default: 200 }),
      reconnects: wholeNumber('of each session', { default: 20 }),
      texts: wholeNumber('sent for each figure of CPU', { default: 2000 }),
      within: wholeNumber('so much more is no growth', { default: 5, least: 0, unit: 'percent' }),
      'node-flags': textOr('FLAGS', '', 'of Node, for the process under test'),
    },
    examples: [
      ['', 'before a release'],
      ['--sessions 20 --reconnects 5 --texts 200', 'a quick look'],
    ],
    notes:
      'With REDIS_URL the deliveries go through that Redis. Exit code 1: something grew, a message was lost or doubled, or the benchmark could not finish.',
  }),
)

await runBenchmark(async (benchmark, progress) => {
  const { sessions, reconnects, texts, within: percent } = values
  const environment = await benchmark.open(progress, nodeFlags(values['node-flags']), {
    redisUrl: process.env.REDIS_URL || null,
  })
  const sessionSet = await linkSessions(environment, sessions, 1)
  const outcome = await soak(environment, sessionSet, { reconnects, texts })
  const rows = rowsOf(outcome, percent)
  const title = `soak: ${sessions} sessions, ${reconnects} reconnects each, ${machine()}, ${progress.seconds()} s`
  const grown = rows.flatMap(({ name, ratio, verdict }) =>
    verdict === 'over' ? [`${name} grew to ${ratio.toFixed(3)} of what it was`] : [],
  )
  return { text: soakTable(title, rows, percent), troubles: [...outcome.troubles, ...grown] }
})
