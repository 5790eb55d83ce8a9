import { parseArgs } from 'node:util'
import { silenceConsole } from '../patches/libsignal-console.ts'
import { play } from './play.ts'
import { openStage, type Stage } from './stage.ts'
import { runSteps } from './steps.ts'
import { story } from './story.ts'
import { createTerminal } from './terminal.ts'

/** Longer than any step takes on a machine that is busy with other things. */
const STEP_TIMEOUT_MS = 30_000

silenceConsole()

const { values } = parseArgs({ options: { exit: { type: 'boolean', default: false } } })
const terminal = createTerminal(process.stdout)
const interrupted = new AbortController()
const interrupt = () => interrupted.abort(new Error('interrupted'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
process.stdout.on('error', interrupt)

let stage: Stage | null = null
let failure: string | null = null
try {
  const begun = performance.now()
  terminal.title('A WhatsApp, a manager and a Laravel in one terminal. No phone, no internet.')
  stage = await openStage()
  const { manager, urls } = stage
  terminal.say(
    'demo',
    `manager ${manager.url} (pid ${manager.pid}), simulated WhatsApp ${urls.admin}, Laravel ${urls.laravel}`,
  )
  const signal = AbortSignal.any([interrupted.signal, manager.died])
  const steps = story(stage, terminal)
  let number = 0
  const begin = (title: string) => terminal.title(`${++number}. ${title}`)
  await runSteps(steps, { timeoutMs: STEP_TIMEOUT_MS, signal, begin })
  terminal.title(
    `Everything held: ${steps.length} steps in ${Math.round(performance.now() - begun) / 1000} s.`,
  )
  if (!values.exit) {
    play(stage, terminal)
    await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
    if (manager.died.aborted) failure = manager.died.reason.message
  }
} catch (error) {
  failure = error instanceof Error ? error.message : String(error)
}
await stage?.close({ keepLog: failure !== null && !interrupted.signal.aborted })
if (failure !== null && !interrupted.signal.aborted) {
  const log = stage === null ? '' : ` (the manager's log: ${stage.manager.logFile})`
  process.stderr.write(`demo: ${failure}${log}\n`)
}
process.exit(failure === null ? 0 : interrupted.signal.aborted ? 130 : 1)
