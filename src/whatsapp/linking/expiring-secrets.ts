import type { Clock } from '../../base/clock.ts'

const MAX_SESSIONS = 10_000

/** One secret of each session, in memory only; each is gone the moment it expires. */
export class ExpiringSecrets<T extends { expiresAt: number }> {
  readonly #clock: Clock
  readonly #bySession = new Map<string, { secret: T; timer: unknown }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Keeps a copy, instead of the one before. */
  put(sessionId: string, secret: T): void {
    const bySession = this.#bySession
    this.clear(sessionId)
    const left = secret.expiresAt - this.#clock.now()
    if (left <= 0) return
    const oldest = bySession.size >= MAX_SESSIONS ? bySession.keys().next().value : undefined
    if (oldest !== undefined) this.clear(oldest)
    const timer = this.#clock.setTimeout(() => bySession.delete(sessionId), left)
    bySession.set(sessionId, { secret: { ...secret }, timer })
  }

  /** A copy of it, or null once it has expired. */
  read(sessionId: string): T | null {
    const secret = this.#bySession.get(sessionId)?.secret
    return secret !== undefined && secret.expiresAt > this.#clock.now() ? { ...secret } : null
  }

  clear(sessionId: string): void {
    this.#clock.clearTimeout(this.#bySession.get(sessionId)?.timer)
    this.#bySession.delete(sessionId)
  }
}
