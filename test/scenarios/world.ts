import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { StandInLaravel } from '../../demo/stand-in-laravel.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { watchDeliveries } from '../openapi/watch.ts'
import { expectSettled } from '../settled.ts'

type Json = Record<string, unknown>

export interface Answer {
  status: number
  body: Json & { [key: string]: never }
}

export const KEY = 'test-key-1'

/** A simulator, a stand-in Laravel and the manager as a process of its own: nothing between them but the wire. */
export class World {
  readonly simulator: Simulator
  readonly laravel = new StandInLaravel()
  /** Everything the manager printed, over all its lives. */
  output = ''
  url = ''
  readonly #env: Record<string, string>
  #base: Record<string, string> = {}
  #dataDir = ''
  #child: ChildProcess | null = null

  constructor(env: Record<string, string> = {}, simulated: ConstructorParameters<typeof Simulator>[0] = {}) {
    this.#env = env
    this.simulator = new Simulator(simulated)
    watchDeliveries(this.laravel)
  }

  /** Begins with an empty DATA_DIR, or with a copy of the given one. */
  async start(dataDir?: string): Promise<this> {
    const { url, rootKey } = await this.simulator.listen()
    this.#dataDir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-'))
    if (dataDir !== undefined) await cp(dataDir, this.#dataDir, { recursive: true })
    this.#base = {
      PORT: '0',
      DATA_DIR: this.#dataDir,
      LARAVEL_URL: await this.laravel.listen(),
      API_KEYS: KEY,
      WHATSAPP_URL: url,
      WHATSAPP_ROOT_KEY: rootKey,
    }
    await this.startManager()
    return this
  }

  /** Of the manager's process; throws while there is none. */
  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the manager does not run')
    return pid
  }

  get dataDir(): string {
    return this.#dataDir
  }

  /** Of the simulator, for other clients than the manager. */
  get whatsappUrl(): string {
    return this.#base.WHATSAPP_URL ?? ''
  }

  /** `preload`: a module that the process runs first, and that hears what it is told by `tell`. */
  async startManager(env: Record<string, string> = {}, preload: string[] = []): Promise<void> {
    const given = preload.flatMap(path => ['--import', path])
    const child = spawn(process.execPath, [...given, 'src/start.js'], {
      env: { PATH: process.env.PATH, ...this.#base, LOG_LEVEL: 'trace', ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    const before = this.output.length
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => (this.output += chunk))
    await vi.waitFor(
      () => {
        const url = /"url":"(http:[^"]+)"/.exec(this.output.slice(before))?.[1]
        if (child.exitCode !== null) throw new Error(`the manager ended: ${this.output.slice(before)}`)
        if (url === undefined) throw new Error('the manager does not listen yet')
        this.url = url
      },
      { timeout: 60_000, interval: 20 },
    )
  }

  /** Says something to what the process has loaded first. */
  tell(message: string): void {
    this.#child?.send(message)
  }

  /** Resolves with the exit code once the process ended by itself. */
  async ended(): Promise<number | null> {
    const child = this.#child!
    if (child.exitCode === null) await once(child, 'exit')
    return child.exitCode
  }

  /** Sends a signal and resolves with the exit code, null when the signal ended the process. */
  async stopManager(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null
    const exited = once(child, 'exit')
    child.kill(signal)
    const [code] = await exited
    return code as number | null
  }

  /** `unsettled`: why something stays without its acknowledgement. */
  async end({ unsettled }: { unsettled?: string } = {}): Promise<void> {
    if (unsettled === undefined) await expectSettled(this.simulator)
    await this.stopManager('SIGKILL')
    await this.simulator.close()
    await this.laravel.close()
    await rm(this.#dataDir, { recursive: true, force: true })
    expect(this.simulator.ledger.available, 'nobody asked for it').toEqual([])
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }

  async session(
    sessionId: string,
  ): Promise<Json & { state: string; detail: string | null; reason: string | null }> {
    const { body } = await this.call('GET', `/sessions/${sessionId}`)
    return (body as Json).session as never
  }

  /** Resolves once the session is in one of the states, given as `state` or `state.detail`. */
  async waitForState(sessionId: string, ...states: string[]): Promise<void> {
    await vi.waitFor(
      async () => {
        const { state, detail } = await this.session(sessionId)
        const now = detail === null ? state : `${state}.${detail}`
        if (!states.some(wanted => now === wanted || now.startsWith(`${wanted}.`))) {
          throw new Error(`${sessionId} is ${now}, not ${states.join(' or ')}`)
        }
      },
      { timeout: 20_000, interval: 25 },
    )
  }

  /** POST /start, the QR that Laravel got, the phone's scan, open. */
  async link(sessionId: string, number: string, userId: string | number = 1, metadata?: Json): Promise<void> {
    await this.call('POST', '/start', { user_id: userId, session_id: sessionId, metadata })
    const posted = await this.laravel.seen(
      ({ path, body }) => path === '/qr' && body.session_id === sessionId,
    )
    await this.simulator.phone(number, { name: `Shop ${sessionId}` }).scan(String(posted.body.qr))
    await this.waitForState(sessionId, 'open')
  }

  /** Links many sessions, a few at a time; returns their ids and numbers. */
  async linkMany(count: number): Promise<{ id: string; number: string }[]> {
    const sessions = Array.from({ length: count }, (_, i) => ({
      id: `shop-${i}`,
      number: `346100000${String(i).padStart(2, '0')}`,
    }))
    for (let i = 0; i < sessions.length; i += 5) {
      await Promise.all(sessions.slice(i, i + 5).map(({ id, number }) => this.link(id, number)))
    }
    return sessions
  }

  send(sessionId: string, waId: string, body: string): Promise<Answer> {
    return this.call('POST', '/send-message', { session_id: sessionId, wa_id: waId, type: 'text', body })
  }

  /** The files of the store, as bytes: to look for what must not stand there. */
  async storeBytes(): Promise<Buffer> {
    const parts = ['-wal', ''].map(suffix =>
      readFile(join(this.#dataDir, `store.sqlite${suffix}`)).catch(() => Buffer.alloc(0)),
    )
    return Buffer.concat(await Promise.all(parts))
  }
}
