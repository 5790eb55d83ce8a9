import type pg from 'pg'

const AGAIN_MS = 1_000

/** Hears of commits of facts on a connection of its own, of the pool, from the first call of `start` on; made anew whenever it is lost. */
export class Listener {
  readonly #pool: pg.Pool
  readonly #channel: string
  readonly #onHeard: () => void
  #client: pg.PoolClient | null = null
  #state: 'idle' | 'on' | 'ended' = 'idle'
  #connecting: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(pool: pg.Pool, channel: string, onHeard: () => void) {
    this.#pool = pool
    this.#channel = channel
    this.#onHeard = onHeard
  }

  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'on'
    this.#connecting = this.#connect()
  }

  async end(): Promise<void> {
    this.#state = 'ended'
    clearTimeout(this.#timer)
    await this.#connecting
    this.#release()
  }

  async #connect(): Promise<void> {
    try {
      const client = await this.#pool.connect()
      this.#client = client
      client.on('error', () => this.#lost())
      client.on('notification', () => this.#onHeard())
      await client.query(`LISTEN "${this.#channel}"`)
      // What was committed meanwhile told nobody.
      this.#onHeard()
    } catch {
      this.#lost()
    }
  }

  #lost(): void {
    this.#release()
    if (this.#state !== 'on') return
    this.#timer = setTimeout(() => {
      this.#connecting = this.#connect()
    }, AGAIN_MS)
    this.#timer.unref()
  }

  /** Ended, not given back: it would go on to listen. */
  #release(): void {
    this.#client?.removeAllListeners('notification')
    this.#client?.release(true)
    this.#client = null
  }
}
