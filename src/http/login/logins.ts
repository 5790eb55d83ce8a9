import { createHash, randomBytes } from 'node:crypto'
import { bounded } from '../../base/bounded.ts'

const LIFE_MS = 12 * 60 * 60 * 1000
const IDLE_MS = 60 * 60 * 1000
const MOST = 1000

interface Login {
  access: 'write' | 'read'
  endsAt: number
  usedAt: number
}

/**
 * Who logged in to the page: an id that says nothing, known here by its hash alone, in memory; a restart ends them all. Each ends 12 h
 * after it began, and once it was not used for an hour; beyond 1000 the one that was used longest ago ends.
 */
export class Logins {
  readonly #logins = bounded<Login>(MOST)
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Begins a login and gives its id, 43 characters of base64url: the cookie's value. */
  begin(access: Login['access']): string {
    const id = randomBytes(32).toString('base64url')
    const now = this.#now()
    this.#logins.set(hashOf(id), { access, endsAt: now + LIFE_MS, usedAt: now })
    return id
  }

  /** What the login allows; null: there is none, or it has ended. `use`: it was used just now. */
  allows(id: string, { use = true } = {}): Login['access'] | null {
    const hash = hashOf(id)
    const login = use ? this.#logins.get(hash) : this.#logins.peek(hash)
    if (login === undefined) return null
    const now = this.#now()
    if (now >= login.endsAt || now - login.usedAt >= IDLE_MS) {
      this.#logins.delete(hash)
      return null
    }
    if (use) login.usedAt = now
    return login.access
  }

  end(id: string): void {
    this.#logins.delete(hashOf(id))
  }
}

/** For how long a browser keeps the cookie, in seconds. */
export const COOKIE_SECONDS = LIFE_MS / 1000

const hashOf = (id: string) => createHash('sha256').update(id).digest('base64')
