import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { Child } from '../harness/child.ts'
import type { Address } from '../simulator/simulator.ts'
import type { Fate, ManagerCommands, Signal } from './manager.ts'

const KEY = 'ledger'
/** Longer than the manager's own grace. */
const END_MS = 40_000

export interface Ground {
  whatsapp: Address
  laravelUrl: string
  dataDir: string
  /** More of the manager's environment. */
  env: Record<string, string>
  /** Told of every process, so that none outlives the run. */
  onStart(child: Child<ManagerCommands>): void
  /** What the manager prints. */
  onOutput(text: string): void
}

export interface Answer {
  status: number
  body: Record<string, unknown>
}

/** The manager as its clients know it: an address where somebody answers, or nobody. */
export class Service {
  readonly #ground: Ground
  #child: Child<ManagerCommands> | null = null
  #pool: Pool | null = null
  #up = Promise.withResolvers<void>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** Starts a process; resolves when it listens, rejects when it ends before. */
  async begin(fate: Fate): Promise<void> {
    const { whatsapp, laravelUrl, dataDir, env, onStart, onOutput } = this.#ground
    const child = new Child<ManagerCommands>(
      {
        name: 'the manager',
        file: 'chaos/manager.ts',
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
    const url = await child.remote.call('begin', fate)
    this.#pool = new Pool(url, { connections: 512 })
    this.installation ||= await child.remote.call('installation')
    this.#up.resolve()
  }

  /** Whether the process runs. */
  get running(): boolean {
    return this.#child?.running ?? false
  }

  /** How the process ended: a signal or an exit code. */
  get ending(): number | NodeJS.Signals | null {
    return this.#child?.end ?? null
  }

  get output(): string {
    return this.#child?.output ?? ''
  }

  /** Under which name a Redis knows this installation; empty before the first life. */
  installation = ''

  /** Deliveries that Laravel did not take yet. */
  pending(): Promise<number> {
    return this.#child!.remote.call('pending')
  }

  /** Resolves once somebody listens. */
  up(): Promise<void> {
    return this.#up.promise
  }

  /** Resolves when the process has ended by itself, or after so many ms. */
  async lives(ms: number): Promise<void> {
    await Promise.race([this.#child!.exited, pause(ms)])
  }

  /** Ends the process, and waits for the end if it ends already. */
  async end(signal: Signal): Promise<void> {
    const child = this.#child!
    // Who waits for a life that never listened waits for the next one.
    if (this.#pool !== null) this.#up = Promise.withResolvers()
    if (child.running) child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
    await child.exited
    clearTimeout(timer)
    await this.#pool?.destroy()
    this.#pool = null
  }

  /** One request; rejects when the connection breaks, or there is none. */
  async call(method: 'GET' | 'POST', path: string, body?: object, key?: string): Promise<Answer> {
    if (this.#pool === null) throw new Error('nobody listens')
    const response = await this.#pool.request({
      method,
      path,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.statusCode, body: (await response.body.json()) as Answer['body'] }
  }

  async startSession(sessionId: string): Promise<void> {
    const { status, body } = await this.call('POST', '/start', { user_id: 1, session_id: sessionId })
    if (status !== 200) throw new Error(`POST /start answered ${status}: ${JSON.stringify(body)}`)
  }
}
