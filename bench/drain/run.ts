import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { wholeNumber } from '../../harness/flags.ts'
import { createProgress } from '../../harness/progress.ts'
import { median } from '../statistics.ts'
import { drainTables, type OutageRow, type PoisonRow } from './report-drain.ts'
import { measureOutage, measurePoison } from './scenarios.ts'

/** How fast the deliveries drain when Laravel was away for ten minutes, and what poison costs the others. */

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '30000' },
    /** So many chats they are in, comma-separated: one run each. */
    lanes: { type: 'string', default: '30,30000' },
    /** Seconds that Laravel stays away with all of it. */
    away: { type: 'string', default: '35' },
    /** Messages a second that come meanwhile. */
    rate: { type: 'string', default: '50' },
    /** Measurements of what poison costs; the middle one counts. */
    rounds: { type: 'string', default: '3' },
    /** Where BullMQ's Redis is; empty: the queue in this process alone. */
    redis: { type: 'string', default: process.env.REDIS_URL ?? '' },
  },
})

const progress = createProgress(process.stderr)
const numbers = {
  messages: wholeNumber(values, 'messages'),
  away: wholeNumber(values, 'away'),
  rate: wholeNumber(values, 'rate'),
  rounds: wholeNumber(values, 'rounds'),
}
const queues: [string, string | null][] = [['in process', null]]
if (values.redis !== '') queues.push(['BullMQ', values.redis])
const outages: OutageRow[] = []
const poisons: PoisonRow[] = []

for (const [queue, redisUrl] of queues) {
  for (const lanes of values.lanes.split(',').map(Number)) {
    progress.show(`${queue}, ${lanes} lanes`)
    const { messages, away, rate } = numbers
    const figures = await measureOutage({
      messages,
      lanes,
      redisUrl,
      warmUp: 1_000,
      awayMs: away * 1000,
      perSecond: rate,
    })
    outages.push({ queue, messages, lanes, came: rate, figures })
    progress.say(`${queue}, ${lanes} lanes: ${figures.perSecond.toFixed(0)} deliveries a second`)
  }
  const rates: Record<'none' | 'one' | 'five', number[]> = { none: [], one: [], five: [] }
  for (let round = 0; round < numbers.rounds; round++)
    for (const [name, share] of [
      ['none', 0],
      ['one', 0.01],
      ['five', 0.05],
    ] as const) {
      progress.show(`${queue}, poison, round ${round + 1}`)
      rates[name].push(await measurePoison({ lanes: 300, perLane: 10, share, redisUrl, answerMs: 20 }))
    }
  poisons.push({ queue, none: median(rates.none), one: median(rates.one), five: median(rates.five) })
}
progress.done()
process.stdout.write(
  `${drainTables(`Node ${process.versions.node}, ${cpus().length} cores, ${progress.seconds()} s`, outages, poisons)}\n`,
)
if (outages.some(({ figures }) => figures.troubles.length > 0)) process.exitCode = 1
