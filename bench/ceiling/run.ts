import { parseArgs } from 'node:util'
import { wholeNumber } from '../../harness/flags.ts'
import { machine, nodeFlags, runBenchmark } from '../run-benchmark.ts'
import { type ClimbOptions, climb } from './climb.ts'
import { ceilingTable } from './report-ceiling.ts'

/** How many sessions one manager carries on this machine, beside the simulator: where it ends, and why. */

const { values } = parseArgs({
  options: {
    step: { type: 'string', default: '250' },
    /** How long each step is looked at. */
    seconds: { type: 'string', default: '30' },
    /** It ends when the event loop is later than this, in 1 of 100 looks. */
    'loop-ms': { type: 'string', default: '50' },
    'rss-mb': { type: 'string', default: '3072' },
    /** Or with so many sessions. */
    most: { type: 'string', default: '10000' },
    /** Print figures instead of a table. */
    json: { type: 'boolean', default: false },
    /** For the process under test. */
    'node-flags': { type: 'string', default: '' },
  },
})

await runBenchmark(async (benchmark, progress) => {
  const options: ClimbOptions = {
    step: wholeNumber(values, 'step'),
    seconds: wholeNumber(values, 'seconds'),
    loopMs: wholeNumber(values, 'loop-ms'),
    rssMb: wholeNumber(values, 'rss-mb'),
    most: wholeNumber(values, 'most'),
  }
  const environment = await benchmark.open(progress, nodeFlags(values['node-flags']))
  const { steps, troubles } = await climb(environment, options)
  const title = `ceiling: 1 message a session and minute, ${machine()} shared with the simulator, ${progress.seconds()} s`
  const figures = { ...options, node: process.versions.node, steps, troubles }
  return {
    text: values.json ? JSON.stringify(figures, null, 2) : ceilingTable(title, steps, options),
    troubles,
  }
})
