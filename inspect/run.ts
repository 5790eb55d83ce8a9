import { setTimeout as pause } from 'node:timers/promises'
import { styleText } from 'node:util'
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { optionsOf } from '../command-line/command-line.ts'
import { openBrowser } from './open-browser.ts'
import { INSPECT, InspectError, type InspectOptions, readOptions } from './options.ts'
import { relayTo } from './relay.ts'
import { Sequence } from './sequence.ts'
import { openStream } from './stream.ts'
import { serveViewer } from './viewer-server.ts'

const TRY_AGAIN_MS = 2_000

const paint = (format: Parameters<typeof styleText>[0], text: string) =>
  styleText(format, text, { stream: process.stdout })
const line = (text: string) => void process.stdout.write(`${text}\n`)
const say = (text: string) => line(`  ${paint('dim', new Date().toTimeString().slice(0, 8))}  ${text}`)

const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort())
process.stdout.on('error', () => stopped.abort())

/** The sequence in the terminal, again from the beginning whenever the manager is back. */
async function print(options: InspectOptions): Promise<void> {
  const sequence = new Sequence(process.stdout)
  while (!stopped.signal.aborted) {
    const over = Promise.withResolvers<void>()
    const end = await openStream(options, {
      told(message) {
        const text = sequence.line(JSON.parse(message) as StatelyInspectionEvent)
        if (text !== null) line(text)
      },
      ended: over.resolve,
    }).catch((error: Error) => {
      say(error.message)
      over.resolve()
      return () => {}
    })
    stopped.signal.addEventListener('abort', () => end(), { once: true })
    await over.promise
    if (stopped.signal.aborted) return
    say(paint('yellow', 'the manager shows nothing at the moment; trying again'))
    sequence.forget()
    await pause(TRY_AGAIN_MS, undefined, { signal: stopped.signal }).catch(() => {})
  }
}

async function view(
  options: InspectOptions,
  to: Extract<InspectOptions['to'], { kind: 'viewer' }>,
): Promise<void> {
  const server = await serveViewer(options, to, say)
  line(`  open      ${paint('cyan', server.url)}`)
  line(
    paint('dim', `  ${to.url.host} draws it in your browser: what you see there was handed to its page.\n`),
  )
  const opened = to.opens && (await openBrowser(server.url))
  if (to.opens && !opened) say('no browser could be asked: open the address yourself')
  const answers = await fetch(to.url, { method: 'HEAD', signal: AbortSignal.timeout(5_000) }).then(
    () => true,
    () => false,
  )
  if (!answers) {
    say(paint('yellow', `${to.url.host} does not answer from here. What works without it:`))
    line(`            ${paint('bold', 'npm run inspect -- --print')}     the same in this terminal`)
    line(`            ${paint('bold', options.manager)}      the manager's own page, if DASHBOARD is on`)
  }
  await new Promise<void>(resolve => {
    if (stopped.signal.aborted) resolve()
    stopped.signal.addEventListener('abort', () => resolve())
  })
  server.close()
}

async function main(): Promise<void> {
  const options = readOptions(optionsOf(INSPECT), process.env)
  const { to, manager, sessions } = options
  // Whatever would be refused is refused now.
  const close = await openStream(options, { told() {}, ended() {} })
  close()
  line(`\n${paint('bold', 'The machines at work')}`)
  line(`  manager   ${manager}`)
  line(`  shown     ${sessions.length === 0 ? 'the supervisor and up to 50 sessions' : sessions.join(', ')}`)
  if (to.kind === 'print')
    line(paint('dim', '  ● runs   ◀ hears   ▶ is now   ○ ended        Ctrl-C ends it\n'))
  if (to.kind === 'print') return print(options)
  if (to.kind === 'relay') {
    line(`  relay     ${to.url.host}\n`)
    return relayTo(to.url, options, say, stopped.signal)
  }
  return view(options, to)
}

try {
  await main()
  process.exit(stopped.signal.aborted ? 130 : 0)
} catch (error) {
  process.stderr.write(
    `inspect: ${error instanceof InspectError ? error.message : String((error as Error).stack)}\n`,
  )
  process.exit(1)
}
