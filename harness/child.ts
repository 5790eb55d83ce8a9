import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Commands, Remote } from './rpc.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STOP_MS = 30_000

export interface Launch {
  /** For people. */
  name: string
  /** Relative to the project. */
  file: string
  env?: Record<string, string>
  nodeFlags?: string[]
}

/** One process of a run: a program of this project on this Node. */
export class Child<C extends Commands> {
  readonly name: string
  readonly remote: Remote<C>
  /** What it printed last, for the report of a failure. */
  #tail = ''
  readonly #process: ChildProcess
  readonly #exited: Promise<void>

  constructor({ name, file, env = {}, nodeFlags = [] }: Launch, onOutput: (text: string) => void = () => {}) {
    this.#process = spawn(process.execPath, [...nodeFlags, file], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    this.name = name
    this.#exited = once(this.#process, 'exit').then(() => {})
    this.remote = new Remote(this.#process, name)
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        const text = chunk.toString()
        this.#tail = (this.#tail + text).slice(-4000)
        onOutput(text)
      })
    }
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Throws when it could not be started. */
  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`${this.name} did not start`)
    return this.#process.pid
  }

  /** Resolves when the process has ended, however. */
  get exited(): Promise<void> {
    return this.#exited
  }

  /** Its exit code, or the signal that ended it; null while it runs. */
  get end(): number | NodeJS.Signals | null {
    return this.#process.exitCode ?? this.#process.signalCode
  }

  get output(): string {
    return this.#tail
  }

  /** Asks the process to end, and ends it by force after 30 s; resolves with its exit code, null after force. */
  async stop(): Promise<number | null> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS)
    this.#process.kill('SIGTERM')
    await this.#exited
    clearTimeout(timer)
    return this.#process.exitCode
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#process.kill(signal)
  }
}
