import { createHash, randomBytes } from 'node:crypto'
import { LOGIN_LIFE_MS, type LoginTable } from '../../ports/dashboard/logins.ts'
import type { Keyring } from '../keys.ts'

/**
 * Who logged in to the page: an id that says nothing, known by its hash alone. A login allows what the key does with which it began, and
 * nothing once that is no key any more, on whichever node.
 */
export class Logins {
  readonly #table: LoginTable
  readonly #keyring: Pick<Keyring, 'proofOf' | 'allowsLogin'>

  constructor(table: LoginTable, keyring: Pick<Keyring, 'proofOf' | 'allowsLogin'>) {
    this.#table = table
    this.#keyring = keyring
  }

  /** Begins a login and gives its id, 43 characters of base64url: the cookie's value. */
  async begin(key: string): Promise<string> {
    const id = randomBytes(32).toString('base64url')
    await this.#table.begin(hashOf(id), this.#keyring.proofOf(key, id))
    return id
  }

  /** What the login allows; null: there is none, or it has ended. `use`: it was used just now. */
  async allows(id: string, { use = true } = {}): Promise<'write' | 'read' | null> {
    const proof = await this.#table.find(hashOf(id), use)
    return proof === null ? null : this.#keyring.allowsLogin(id, proof)
  }

  end(id: string): Promise<void> {
    return this.#table.end(hashOf(id))
  }
}

/** For how long a browser keeps the cookie, in seconds. */
export const COOKIE_SECONDS = LOGIN_LIFE_MS / 1000

const hashOf = (id: string) => createHash('sha256').update(id).digest('base64')
