import { command } from '../../command-line/command.ts'
import { optionsOf } from '../../command-line/command-line.ts'
import { flag, textOr, wholeNumber } from '../../command-line/options.ts'
import { machine, nodeFlags, runBenchmark } from '../run-benchmark.ts'
import { type ClimbOptions, climb } from './climb.ts'
import { ceilingTable } from './report-ceiling.ts'

/** How many sessions one manager carries on this machine, beside the simulator: where it ends, and why. */

const values = optionsOf(
  command({
    run: 'npm run bench:ceiling',
    does: 'How many sessions one manager carries on this machine, beside the simulator: sessions are added until one of the limits is reached, and each step is a row.',
    options: {
      step: wholeNumber('sessions that are added at each step', { default: 250 }),
      seconds: wholeNumber('how long each step is looked at', { default: 30, unit: 'seconds' }),
      'loop-ms': wholeNumber('it ends when the event loop is later than this, in 1 of 100 looks', {
        default: 50,
        unit: 'ms',
      }),
      'rss-mb': wholeNumber('it ends when the process has more memory than this', {
        default: 3072,
        unit: 'MB',
      }),
      most: wholeNumber('it ends with so many sessions', { default: 10_000 }),
      json: flag('figures instead of a table'),
      'node-flags': textOr('FLAGS', '', 'of Node, for the process under test'),
    },
    examples: [
      ['', 'until one of the limits is reached'],
      ['--step 100 --most 500 --seconds 10', 'a quick look'],
    ],
    notes: 'Exit code 1: a message was lost or doubled, or the benchmark could not finish.',
  }),
)

await runBenchmark(async (benchmark, progress) => {
  const options: ClimbOptions = {
    step: values.step,
    seconds: values.seconds,
    loopMs: values['loop-ms'],
    rssMb: values['rss-mb'],
    most: values.most,
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
