import { command } from '../command-line/command.ts'
import { optionsOf } from '../command-line/command-line.ts'
import { flag } from '../command-line/options.ts'
import { silenceConsole } from '../patches/libsignal-console.ts'
import { continueByHand } from './continue-by-hand.ts'
import { demoSteps } from './demo-steps.ts'
import { type DemoEnvironment, startEnvironment } from './environment.ts'
import { runSteps } from './step-runner.ts'
import { createTerminal } from './terminal.ts'

/** Longer than any step takes on a machine that is busy with other things. */
const STEP_TIMEOUT_MS = 30_000

const values = optionsOf(
  command({
    run: 'npm run demo',
    does: 'The whole story in one terminal: a simulated WhatsApp, the manager and a stand-in Laravel. No phone, no internet.',
    options: { exit: flag('ends after the last step, instead of staying up to be used by hand') },
    examples: [
      ['', 'Ctrl-C ends it'],
      ['--exit', 'as a test: exit code 0 if everything held'],
    ],
  }),
)
silenceConsole()
const terminal = createTerminal(process.stdout)
const interrupted = new AbortController()
const interrupt = () => interrupted.abort(new Error('interrupted'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
process.stdout.on('error', interrupt)

let environment: DemoEnvironment | null = null
let failure: string | null = null
try {
  const begun = performance.now()
  terminal.title('A WhatsApp, a manager and a Laravel in one terminal. No phone, no internet.')
  environment = await startEnvironment()
  const { manager, urls } = environment
  terminal.say(
    'demo',
    `manager ${manager.url} (pid ${manager.pid}), simulated WhatsApp ${urls.admin}, Laravel ${urls.laravel}`,
  )
  const signal = AbortSignal.any([interrupted.signal, manager.died])
  const steps = demoSteps(environment, terminal)
  let number = 0
  const begin = (title: string) => terminal.title(`${++number}. ${title}`)
  await runSteps(steps, { timeoutMs: STEP_TIMEOUT_MS, signal, begin })
  terminal.title(
    `Everything held: ${steps.length} steps in ${Math.round(performance.now() - begun) / 1000} s.`,
  )
  if (!values.exit) {
    continueByHand(environment, terminal)
    await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
    if (manager.died.aborted) failure = manager.died.reason.message
  }
} catch (error) {
  failure = error instanceof Error ? error.message : String(error)
}
await environment?.close({ keepLog: failure !== null && !interrupted.signal.aborted })
if (failure !== null && !interrupted.signal.aborted) {
  const log = environment === null ? '' : ` (the manager's log: ${environment.manager.logFile})`
  process.stderr.write(`demo: ${failure}${log}\n`)
}
process.exit(failure === null ? 0 : interrupted.signal.aborted ? 130 : 1)
