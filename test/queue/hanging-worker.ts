import { pino } from 'pino'
import { createBullMqQueue } from '../../src/queue/bullmq.ts'
import { realClock, wakeSoon } from './real.ts'

/** A manager that is killed in the middle of its drains: they never end. Arguments: url, name, lanes. */
const [url, name, ...lanes] = process.argv.slice(2)
const queue = createBullMqQueue({
  url: url!,
  name: name!,
  clock: realClock,
  logger: pino({ enabled: false }),
})
queue.start(lane => {
  process.stdout.write(`${lane}\n`)
  return new Promise(() => {})
})
for (const lane of lanes) wakeSoon(queue, lane)
