import { parseArgs } from 'node:util'
import { wholeNumber } from '../../harness/flags.ts'
import { linkSessions } from '../environment/session-sets.ts'
import { machine, nodeFlags, runBenchmark } from '../run-benchmark.ts'
import { rowsOf, soakTable } from './report-soak.ts'
import { soak } from './soak.ts'

/** All sessions of a manager lose their connection again and again: what does a reconnect leave behind? */

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '200' },
    reconnects: { type: 'string', default: '20' },
    /** Texts for each figure of CPU. */
    texts: { type: 'string', default: '2000' },
    /** So many per cent more are no growth. */
    within: { type: 'string', default: '5' },
    /** For the process under test. */
    'node-flags': { type: 'string', default: '' },
  },
})

await runBenchmark(async (benchmark, progress) => {
  const sessions = wholeNumber(values, 'sessions')
  const reconnects = wholeNumber(values, 'reconnects')
  const texts = wholeNumber(values, 'texts')
  const percent = wholeNumber(values, 'within', 0)
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
