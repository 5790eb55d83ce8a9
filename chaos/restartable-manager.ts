import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from '../harness/child.ts'
import { type Answer, ManagerApi } from '../harness/manager-api.ts'
import type { Address } from '../simulator/simulator.ts'
import type { NodePoint } from './kill-points.ts'
import type { ManagerCommands, ProcessOptions, Signal } from './manager-program.ts'
import type { ManagerUnderTest } from './manager-under-test.ts'

const KEY = 'ledger'
/** Longer than the manager's own grace. */
const END_MS = 40_000

export interface ManagerSettings {
  whatsapp: Address
  laravelUrl: string
  dataDir: string
  /** See `EnvironmentOptions`. */
  keepAliveMs?: number
  /** More of the manager's environment. */
  env: Record<string, string>
  /** Told of every process, so that none outlives the run. */
  onStart(child: Child<ManagerCommands>): void
  /** What the manager prints. */
  onOutput(text: string): void
}

/** The manager over many processes on the same data: it is started and ended, and between them nobody answers. */
export class RestartableManager implements ManagerUnderTest {
  readonly #settings: ManagerSettings
  #child: Child<ManagerCommands> | null = null
  #api: ManagerApi | null = null
  #up = Promise.withResolvers<void>()

  constructor(settings: ManagerSettings) {
    this.#settings = settings
  }

  /** Starts a process; resolves when it listens, rejects when it ends before. */
  async start(options: ProcessOptions): Promise<void> {
    const { whatsapp, laravelUrl, dataDir, env, keepAliveMs, onStart, onOutput } = this.#settings
    const child = new Child<ManagerCommands>(
      {
        name: 'the manager',
        file: 'chaos/manager-program.ts',
        env: {
          PORT: '0',
          API_KEYS: KEY,
          DATA_DIR: dataDir,
          LARAVEL_URL: laravelUrl,
          WHATSAPP_URL: whatsapp.url,
          WHATSAPP_ROOT_KEY: whatsapp.rootKey,
          CONNECT_PER_SECOND: '1000',
          SEND_WAIT_MS: '2000',
          LOG_FORMAT: 'json',
          ...env,
        },
      },
      onOutput,
    )
    this.#child = child
    onStart(child)
    const url = await child.remote.call('begin', {
      ...options,
      ...(keepAliveMs !== undefined && { keepAliveMs }),
    })
    this.#api = new ManagerApi(url, KEY, 512)
    this.installation ||= await child.remote.call('installation')
    this.#up.resolve()
  }

  /** Whether the process runs. */
  get running(): boolean {
    return this.#child?.running ?? false
  }

  /** Whether it can be asked something. */
  get listening(): boolean {
    return this.running && this.#api !== null
  }

  /** Sends the process a signal, if it runs, and waits for nothing. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child!.kill(signal)
  }

  /** Has the process send itself a signal as soon as it comes by this point. */
  async signalAt(point: NodePoint, signal: NodeJS.Signals): Promise<void> {
    await this.#child!.remote.call('signalAt', point, signal)
  }

  /** What the kernel says that it does, as in proc(5): `T` is held by SIGSTOP; null: it is gone. */
  async processState(): Promise<string | null> {
    if (!this.running) return null
    const stat = await readFile(`/proc/${this.#child!.pid}/stat`, 'utf8').catch(() => '')
    return /^\d+ \(.*\) (\w)/.exec(stat)?.[1] ?? null
  }

  /** How the process ended: a signal or an exit code. */
  get ending(): number | NodeJS.Signals | null {
    return this.#child?.end ?? null
  }

  get output(): string {
    return this.#child?.output ?? ''
  }

  /** Under which name a Redis knows this installation; empty before the first start. */
  installation = ''

  /** Deliveries that Laravel did not take yet. */
  pending(): Promise<number> {
    return this.#child!.remote.call('pending')
  }

  /** When each socket to WhatsApp was begun by this process, in ms since 1970. */
  connects(): Promise<number[]> {
    return this.#child!.remote.call('connects')
  }

  /** Resolves once somebody listens. */
  up(): Promise<void> {
    return this.#up.promise
  }

  /** Resolves when the process has ended by itself, or after so many ms. */
  async runsFor(ms: number): Promise<void> {
    await Promise.race([this.#child!.exited, pause(ms)])
  }

  /** Ends the process, and waits for the end if it ends already. */
  async stop(signal: Signal): Promise<void> {
    const child = this.#child!
    // Who waits for a process that never listened waits for the next one.
    if (this.#api !== null) this.#up = Promise.withResolvers()
    if (child.running) child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
    await child.exited
    clearTimeout(timer)
    await this.#api?.close()
    this.#api = null
  }

  /** One request; rejects when the connection breaks, or there is none. */
  async call(method: 'GET' | 'POST', path: string, body?: object, key?: string): Promise<Answer> {
    if (this.#api === null) throw new Error('nobody listens')
    return this.#api.call(method, path, body, key)
  }

  async startSession(sessionId: string): Promise<void> {
    if (this.#api === null) throw new Error('nobody listens')
    await this.#api.startSession(sessionId)
  }
}
