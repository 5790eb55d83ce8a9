import { cpus } from 'node:os'
import { command } from '../../command-line/command.ts'
import { optionsOf } from '../../command-line/command-line.ts'
import { textOr, wholeNumber, wholeNumbers } from '../../command-line/options.ts'
import { createProgress } from '../../harness/progress.ts'
import { median } from '../statistics.ts'
import { drainTables, type OutageRow, type PoisonRow } from './report-drain.ts'
import { measureOutage, measurePoison } from './scenarios.ts'

/** How fast the deliveries drain when Laravel was away for ten minutes, and what poison costs the others. */

const values = optionsOf(
  command({
    run: 'npm run bench:drain',
    does: 'How fast the deliveries drain when Laravel was away for ten minutes, and what poison costs the others.',
    options: {
      messages: wholeNumber('that wait when Laravel comes back', { default: 30_000 }),
      lanes: wholeNumbers('chats that they are in, one run each', [30, 30_000]),
      away: wholeNumber('how long Laravel stays away with all of it', { default: 35, unit: 'seconds' }),
      rate: wholeNumber('messages a second that come meanwhile', { default: 50 }),
      rounds: wholeNumber('measurements of what poison costs; the middle one counts', { default: 3 }),
      redis: textOr(
        'URL',
        process.env.REDIS_URL ?? '',
        "BullMQ's Redis, to be measured beside the queue of the process; REDIS_URL unless given",
        '',
      ),
    },
    examples: [
      ['', 'both runs, without Redis'],
      ['--redis redis://127.0.0.1:6379', 'and both through BullMQ'],
      ['--messages 3000 --lanes 30 --away 5 --rounds 1', 'a quick look'],
    ],
    notes: 'Exit code 1: a delivery was lost, doubled or out of order.',
  }),
)

const progress = createProgress(process.stderr)
const queues: [string, string | null][] = [['in process', null]]
if (values.redis !== '') queues.push(['BullMQ', values.redis])
const outages: OutageRow[] = []
const poisons: PoisonRow[] = []

for (const [queue, redisUrl] of queues) {
  for (const lanes of values.lanes) {
    progress.show(`${queue}, ${lanes} lanes`)
    const { messages, away, rate } = values
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
  for (let round = 0; round < values.rounds; round++)
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
