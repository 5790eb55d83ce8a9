import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { StandInLaravel } from '../../demo/stand-in-laravel.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { watchDeliveries } from '../openapi/watch.ts'
import { expectSettled } from '../settled.ts'
import { type Answer, KEY } from './world.ts'

type Json = Record<string, unknown>

export const WAIT = { timeout: 20_000, interval: 25 }

/** One manager as a process of its own. */
export class Manager {
  output = ''
  url = ''
  readonly dataDir: string
  readonly #child: ChildProcess

  constructor(dataDir: string, env: Record<string, string>) {
    this.dataDir = dataDir
    this.#child = spawn(process.execPath, ['src/start.js'], {
      env: { PATH: process.env.PATH, LOG_LEVEL: 'debug', ...env, DATA_DIR: dataDir, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', chunk => {
        this.output += chunk
      })
  }

  async listens(): Promise<this> {
    await vi.waitFor(
      () => {
        if (this.#child.exitCode !== null) throw new Error(`the manager ended: ${this.output}`)
        const url = /"url":"(http:[^"]+)","access"/.exec(this.output)?.[1]
        if (url === undefined) throw new Error('the manager does not listen yet')
        this.url = url
      },
      { timeout: 60_000, interval: 20 },
    )
    return this
  }

  /** SIGSTOP and SIGCONT are not waited for. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    if (signal === 'SIGTERM' || signal === 'SIGKILL') await ended
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer & { headers: Headers }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : ({ text } as never)
    return { status: response.status, body: json, headers: response.headers }
  }

  async state(sessionId: string): Promise<string> {
    const { body } = await this.call('GET', `/sessions/${sessionId}`)
    return ((body as Json).session as { state: string }).state
  }

  /** How many sessions run here, by its own word. */
  async live(): Promise<number> {
    const { body } = await this.call('GET', '/metrics')
    const counts = String((body as Json).text).matchAll(/^\w+_sessions\{state="\w+"\} (\d+)/gm)
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
  }
}

/** A simulator, a stand-in Laravel, and some managers that share a database. */
export class Fleet {
  readonly simulator = new Simulator()
  readonly laravel = new StandInLaravel()
  readonly managers: Manager[] = []
  readonly #env: Record<string, string>
  #base: Record<string, string> = {}

  constructor(env: Record<string, string>) {
    this.#env = env
    watchDeliveries(this.laravel)
  }

  async begin(): Promise<this> {
    const { url, rootKey } = await this.simulator.listen()
    this.#base = {
      LARAVEL_URL: await this.laravel.listen(),
      API_KEYS: KEY,
      WHATSAPP_URL: url,
      WHATSAPP_ROOT_KEY: rootKey,
    }
    return this
  }

  /** Another manager; with a directory, in the place of one that ended. */
  async add(dataDir?: string, env: Record<string, string> = {}): Promise<Manager> {
    const dir = dataDir ?? (await mkdtemp(join(tmpdir(), 'whatsapp-manager-')))
    const manager = new Manager(dir, { ...this.#base, ...this.#env, ...env })
    this.managers.push(manager)
    return manager.listens()
  }

  /** POST /start, the QR that Laravel got, the phone's scan, open. */
  async link(manager: Manager, sessionId: string, number: string): Promise<void> {
    await manager.call('POST', '/start', { user_id: 1, session_id: sessionId })
    const posted = await this.laravel.seen(
      ({ path, body }) => path === '/qr' && body.session_id === sessionId,
    )
    await this.simulator.phone(number, { name: `Shop ${sessionId}` }).scan(String(posted.body.qr))
    await this.isOpen(manager, sessionId)
  }

  isOpen = (manager: Manager, sessionId: string) =>
    vi.waitFor(async () => expect(await manager.state(sessionId)).toBe('open'), WAIT)

  /** What Laravel took of a session's messages, in order, each once. */
  texts = (sessionId: string) =>
    this.laravel.accepted('/messages', sessionId).map(({ body }) => body as string)

  async end(): Promise<void> {
    for (const manager of this.managers) await manager.signal('SIGCONT')
    await expectSettled(this.simulator)
    for (const manager of this.managers) await manager.signal('SIGKILL')
    await this.simulator.close()
    await this.laravel.close()
    for (const { dataDir } of this.managers) await rm(dataDir, { recursive: true, force: true })
  }
}
