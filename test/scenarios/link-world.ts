import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, vi } from 'vitest'
import { StandInLaravel } from '../../demo/stand-in-laravel.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { type App, createApp, type Overrides } from '../../src/app.ts'
import { createLogger } from '../../src/base/logger.ts'
import { loadConfig } from '../../src/config.ts'
import { createTestClock } from '../base/clock.ts'
import { watchDeliveries } from '../openapi/watch.ts'
import { expectSettled } from '../settled.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

export interface SessionAnswer {
  state: string
  detail: string | null
  estado_qr: string
  reason: string | null
  reason_text: string | null
  retry_at: string | null
  wa_id: string | null
  attempts: number
}

/** No two sessions of a test file have the same phone. */
let numbers = 0

const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 25_000, interval: 10 })

/** The whole manager in this process, on a simulated clock, against the simulator and a stand-in Laravel. */
export class LinkWorld {
  readonly simulator: Simulator
  readonly laravel = new StandInLaravel()
  readonly clock = createTestClock()
  readonly lines: string[] = []
  readonly #overrides: Overrides
  #env: Record<string, string> = {}
  #app: App | null = null
  #dir = ''

  /** `simulator`: shared with others, for Baileys trusts one server per process. */
  constructor(simulator: Simulator, overrides: Overrides = {}) {
    this.simulator = simulator
    this.#overrides = overrides
    watchDeliveries(this.laravel)
  }

  async start(url: string, env: Record<string, string> = {}): Promise<this> {
    this.#dir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-'))
    this.#env = {
      PORT: '0',
      DATA_DIR: this.#dir,
      LARAVEL_URL: await this.laravel.listen(),
      WHATSAPP_URL: url,
      WHATSAPP_ROOT_KEY: this.simulator.rootKey,
      CONNECT_PER_SECOND: '10000',
      ...env,
    }
    await this.boot()
    return this
  }

  async boot(env: Record<string, string> = {}): Promise<void> {
    const logger = createLogger(
      { level: 'info', format: 'json' },
      { write: line => void this.lines.push(line) },
    )
    this.#app = await createApp(loadConfig({ ...this.#env, ...env }), logger, {
      clock: this.clock,
      ...this.#overrides,
    })
  }

  /** Where it listens; empty while it does not run. */
  get url(): string {
    return this.#app?.url ?? ''
  }

  async stop(): Promise<void> {
    const stopped = this.#app?.stop()
    await this.clock.advance(5 * SECOND)
    await stopped
    this.#app = null
  }

  /** `unsettled`: why something stays without its acknowledgement. */
  async end({ unsettled }: { unsettled?: string } = {}): Promise<void> {
    if (unsettled === undefined) await this.settled()
    if (this.#app) await this.stop()
    await this.laravel.close()
    await rm(this.#dir, { recursive: true, force: true })
  }

  /** WhatsApp and the manager owe each other nothing. */
  async settled(): Promise<void> {
    await this.clock.advance(0)
    await expectSettled(this.simulator)
  }

  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }> {
    const response = await fetch(`${this.#app!.url}${path}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    return { status: response.status, body: (await response.json()) as never }
  }

  async session(id: string): Promise<SessionAnswer> {
    const { body } = await this.call('GET', `/sessions/${id}`)
    return (body as { session: SessionAnswer }).session
  }

  /** Resolves with the session once it is in this state, given as `state` or `state.detail`. */
  inState(id: string, wanted: string): Promise<SessionAnswer> {
    return eventually(async () => {
      await this.clock.advance(0)
      const session = await this.session(id)
      expect(`${session.state}.${session.detail}.`).toContain(`${wanted}.`)
      return session
    })
  }

  /** Waits, with nobody calling, until the session is tried again. */
  async rest(id: string): Promise<void> {
    const { retry_at } = await this.session(id)
    await this.clock.advance(Math.max(0, Date.parse(retry_at!) - this.clock.now()))
  }

  /** A new session that a phone has linked and that is open; its id is its phone number. */
  async linked(): Promise<string> {
    // Connects are counted by the second.
    await this.clock.advance(SECOND)
    const id = `3460010${String(++numbers).padStart(4, '0')}`
    await this.call('POST', '/start', { user_id: 1, session_id: id })
    const posted = await this.laravel.seen(({ path, body }) => path === '/qr' && body.session_id === id)
    await this.simulator.phone(id, { name: 'Shop' }).scan(String(posted.body.qr))
    await this.inState(id, 'open')
    await this.told(id, 'pending', 'active')
    return id
  }

  /** Resolves once Laravel has heard exactly this of the session, from its beginning on. */
  told(id: string, ...estados: string[]): Promise<Record<string, unknown> | undefined> {
    return eventually(async () => {
      // What pauses for one turn of the event loop waits for this clock, too.
      await this.clock.advance(0)
      const heard = this.laravel.accepted('/whatsapp/status', id)
      expect(heard.map(({ estado_qr }) => estado_qr)).toEqual(estados)
      return heard.at(-1)
    })
  }

  /** How many generations of the session's credentials the store has. */
  credentials(id: string): number {
    const db = new DatabaseSync(join(this.#dir, 'store.sqlite'), { readOnly: true })
    try {
      const row = db
        .prepare(
          "SELECT count(*) AS n FROM keys JOIN sessions USING (stream_id) WHERE type = 'creds' AND session_id = ?",
        )
        .get(id)
      return Number(row?.n)
    } finally {
      db.close()
    }
  }
}
