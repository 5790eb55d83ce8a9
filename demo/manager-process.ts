import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { VARIABLES } from '../src/config/variables.ts'

const PROGRAM = fileURLToPath(new URL('../src/start.js', import.meta.url))
const STOP_WITHIN_MS = 10_000

/** The manager as a process of its own, over several lives on the same data. */
export class ManagerProcess {
  /** Where it listens; empty before the first start. */
  url = ''
  readonly logFile: string
  readonly #env: NodeJS.ProcessEnv
  readonly #died = new AbortController()
  #child: ChildProcess | null = null

  /** `settings` are its only configuration: what the caller's own environment says about a manager does not count. */
  constructor(settings: Record<string, string>, logFile: string) {
    const others = Object.entries(process.env).filter(([name]) => !(name in VARIABLES))
    this.#env = { ...Object.fromEntries(others), ...settings, LOG_LEVEL: 'info', LOG_FORMAT: 'json' }
    this.logFile = logFile
  }

  /** Aborted, with an Error as the reason, once the process ended without being told to. */
  get died(): AbortSignal {
    return this.#died.signal
  }

  /** The process of its present life. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves once it listens; rejects with its own line on stderr if it ends before. */
  async start(port: number): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM], {
      env: { ...this.#env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C in a terminal reaches a whole process group; this one is stopped by its parent.
      detached: true,
    })
    this.#child = child
    const log = createWriteStream(this.logFile, { flags: 'a', mode: 0o600 })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    let complaint = ''
    child.stderr.on('data', chunk => (complaint = `${complaint}${chunk}`.slice(-2_000)))
    const listening = new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', line => {
        const url = urlIn(line)
        if (url !== null) resolve(url)
      })
      child.once('error', reject)
      child.once('close', (code, signal) => {
        log.end()
        const said = complaint.trim().split('\n').at(-1) || `it ended with ${code ?? signal}`
        const error = new Error(`the manager does not run: ${said}`)
        reject(error)
        if (this.#child === child && this.url !== '') this.#died.abort(error)
      })
    })
    this.url = await listening
  }

  /** Sends a signal, SIGKILL after 10 s at the latest, and resolves with the exit code: null when a signal ended it. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child
    this.#child = null
    if (child === null || child.pid === undefined) return null
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exited = once(child, 'exit')
    child.kill(signal)
    const patience = new AbortController()
    sleep(STOP_WITHIN_MS, undefined, { signal: patience.signal }).then(
      () => child.kill('SIGKILL'),
      () => {},
    )
    await exited
    patience.abort()
    return child.exitCode
  }
}

/** The address in the log line that says so. */
function urlIn(line: string): string | null {
  if (!line.includes('"msg":"listening"')) return null
  const { url } = JSON.parse(line) as { url?: unknown }
  return typeof url === 'string' ? url : null
}
