import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, vi } from 'vitest'
import { type Received, StandInLaravel } from '../../demo/stand-in-laravel.ts'
import type { Contact } from '../../simulator/phones/contact.ts'
import type { Phone } from '../../simulator/phones/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { type App, createApp } from '../../src/app.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import { createTestClock } from '../base/clock.ts'
import { watchDeliveries } from '../openapi/watch.ts'
import { ConnectionProxy } from './connection-proxy.ts'
import type { QrTimer } from './qr-timers.ts'

export const ID = 'shop'
export const SECOND = 1000
export const MINUTE = 60 * SECOND

export type Json = Record<string, unknown>
export interface Answer {
  status: number
  body: Json
}
/** What the log says of the session's memory (`GET /sessions/{id}/at/{seq}`), the times as ISO dates. */
interface Memory {
  started_at: string
  connecting_at: string
  opened_at: string | null
  retry_at: string | null
  qr: { ask_at: string | null }
}

/** The whole manager in this process, on a simulated clock, between a stand-in Laravel and the simulator behind a proxy. */
export class ManagerUnderTest {
  /** Shared with others: Baileys trusts one server per process. */
  readonly simulator: Simulator
  readonly phone: Phone
  readonly ana: Contact
  readonly laravel = new StandInLaravel()
  readonly clock = createTestClock()
  readonly qrTimer: QrTimer
  /** When Laravel took a QR. */
  readonly publications: number[] = []
  /** Which of them took the place of a QR that was void: no throttle held them back. */
  readonly replacements = new Set<number>()
  /** The reaper reads its policy each time it looks: one manager serves all three. */
  readonly idle = { afterMs: 30 * MINUTE, policy: 'keep' as Config['idle']['policy'], reapEveryMs: MINUTE }
  proxy!: ConnectionProxy
  #bootedAt = 0
  readonly #dirs: string[] = []
  #app!: App
  #laravelUrl = ''

  /** `number`: one digit that tells its phone and contact from those of others. */
  constructor(simulator: Simulator, number: number, qrTimer: QrTimer) {
    this.simulator = simulator
    this.phone = simulator.phone(`3460000000${number}`, { name: 'Shop' })
    this.ana = simulator.contact(`3461000000${number}`, { name: 'Ana' })
    this.qrTimer = qrTimer
    watchDeliveries(this.laravel)
    this.laravel.on('request', ({ path, status }) => {
      if (path === '/qr' && status === 200) this.publications.push(this.clock.now())
    })
  }

  async start(port: number): Promise<void> {
    this.proxy = await ConnectionProxy.before(port)
    this.#laravelUrl = await this.laravel.listen()
    this.#dirs.push(await mkdtemp(join(tmpdir(), 'whatsapp-manager-')))
    await this.#boot()
  }

  async end(): Promise<void> {
    const stopped = this.#app.stop()
    // Who still waits for an answer gets it.
    await this.clock.advance(5 * SECOND)
    await stopped
    await this.proxy.close()
    await this.laravel.close()
    for (const dir of this.#dirs) await rm(dir, { recursive: true, force: true })
  }

  /** As on SIGTERM, and a new start. */
  async restart(): Promise<void> {
    await this.#app.stop()
    await eventually(() => expect(this.proxy.inside.size + this.proxy.waiting.size).toBe(0))
    await this.#boot()
  }

  /**
   * A start from what a kill leaves on the disk at this moment; the stop in between only frees what this process holds. A real
   * kill -9 is in test/scenarios.
   */
  async crash(): Promise<void> {
    const left = await mkdtemp(join(tmpdir(), 'whatsapp-manager-'))
    const filter = (path: string) => !/(?:-shm|lock\.sqlite.*)$/.test(path)
    await cp(this.#dirs.at(-1)!, left, { recursive: true, filter })
    const stopped = this.#app.stop()
    this.#dirs.push(left)
    await stopped
    await this.#boot()
  }

  async #boot(): Promise<void> {
    const config = loadConfig({
      PORT: '0',
      DATA_DIR: this.#dirs.at(-1),
      LARAVEL_URL: this.#laravelUrl,
      WHATSAPP_URL: this.proxy.url,
      WHATSAPP_ROOT_KEY: this.simulator.rootKey,
      CONNECT_PER_SECOND: '10000',
      SEND_WAIT_MS: '0',
    })
    this.#bootedAt = this.clock.now()
    const logger = pino({ level: 'silent' })
    const overrides = { clock: this.clock, qrTimeoutMs: this.qrTimer.lengthMs }
    this.#app = await createApp({ ...config, idle: this.idle }, logger as never, overrides)
  }

  // -------------------------------------------------------------------------------------------- time

  async advanceTo(at: number): Promise<void> {
    await this.clock.advance(Math.max(0, at - this.clock.now()))
  }

  /** To the first time the reaper looks after `at`, and not a moment longer. */
  async advanceToReap(at: number): Promise<void> {
    const looks = Math.ceil((Math.max(at, this.clock.now() + 1) - this.#bootedAt) / MINUTE)
    await this.advanceTo(this.#bootedAt + looks * MINUTE)
  }

  // -------------------------------------------------------------------------------------------- HTTP

  async fetch(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
    const response = await fetch(`${this.#app.url}${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }

  /** GET below the session's own path. */
  get(path = ''): Promise<Answer> {
    return this.fetch('GET', `/sessions/${ID}${path}`)
  }

  async qrText(): Promise<string> {
    const { status, body } = await this.get('/qr?format=json')
    expect(status).toBe(200)
    return String(body.qr)
  }

  async events(after: number): Promise<{ seq: number; type: string }[]> {
    const { body } = await this.get(`/events?after=${after}&limit=1000`)
    return body.events as { seq: number; type: string }[]
  }

  /** Resolves once the log holds a fact of this type after `seq`. */
  async recorded(type: string, seq: number): Promise<void> {
    await eventually(async () => expect((await this.events(seq)).map(event => event.type)).toContain(type))
  }

  /** What the session remembers, by its newest row that says so. */
  async memory(): Promise<Memory> {
    for (const { seq } of (await this.events(0)).toReversed()) {
      const { status, body } = await this.get(`/at/${seq}`)
      if (status === 200) return body.context as Memory
    }
    throw new Error('the log holds no state')
  }

  /** `state.detail`, or `absent`. */
  async state(): Promise<string> {
    const { status, body } = await this.get()
    return status === 404 ? 'absent' : nameOf(body.session as Json)
  }

  inState(...wanted: string[]): Promise<string> {
    return eventually(async () => {
      const state = await this.state()
      expect(wanted).toContain(state)
      return state
    })
  }

  // -------------------------------------------------------------------------------------------- Laravel

  /** How Laravel behaves from now on; its row holds what it was told last in this life, `pending` if that is nothing. */
  setMood(mood: string, lastTold: string | null): void {
    const { laravel } = this
    laravel.estadoOfUnknown = mood === 'no' ? null : 'pending'
    if (mood === 'no' || lastTold === null) laravel.estados.delete(ID)
    else laravel.estados.set(ID, lastTold)
    if (mood === 'inactive' || mood === 'oldNews') laravel.estados.set(ID, 'inactive')
    laravel.misbehaviour = mood === 'away' ? { status: 503 } : mood === 'silent' ? 'silent' : null
    laravel.off('request', this.#takesNoQr)
    if (mood === 'takesNoQr') laravel.on('request', this.#takesNoQr)
  }

  readonly #takesNoQr = ({ method }: Received) => {
    if (method === 'GET') this.laravel.misbehaviour = { status: 503 }
  }

  /** How often Laravel was asked whether the session is active. */
  questions(): number {
    return this.laravel.received.filter(({ method }) => method === 'GET').length
  }
}

/** An ISO date in ms since the epoch; throws when it is none. */
export function time(at: unknown): number {
  const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN
  if (Number.isNaN(ms)) throw new Error(`not a time: ${at}`)
  return ms
}

/** `state.detail` of a session as the API shows it. */
export const nameOf = ({ state, detail }: Json): string =>
  detail === null ? `${state}` : `${state}.${detail}`

export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 10_000, interval: 10 })
}
