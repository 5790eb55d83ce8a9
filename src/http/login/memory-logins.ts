import { bounded } from '../../base/bounded.ts'
import {
  GUESSES_WINDOW_MS,
  type GuessTable,
  LOGIN_IDLE_MS,
  LOGIN_LIFE_MS,
  type LoginTable,
  type LoginTables,
  MOST_GUESSES_OF_ALL,
  MOST_GUESSES_OF_ONE,
  MOST_LOGINS,
} from '../../ports/dashboard/logins.ts'

const MOST_CALLERS = 10_000

interface Login {
  proof: string
  endsAt: number
  usedAt: number
}

interface Window {
  endsAt: number
  wrong: number
}

/** Logins and wrong keys of this process alone: a restart ends and forgets them all. */
export const createMemoryLogins = (now: () => number): LoginTables => ({
  logins: loginsIn(bounded<Login>(MOST_LOGINS), now),
  guesses: new Guesses(now),
})

function loginsIn(logins: ReturnType<typeof bounded<Login>>, now: () => number): LoginTable {
  return {
    async begin(hash, proof) {
      logins.set(hash, { proof, endsAt: now() + LOGIN_LIFE_MS, usedAt: now() })
    },
    async find(hash, use) {
      const login = use ? logins.get(hash) : logins.peek(hash)
      if (login === undefined) return null
      if (now() >= login.endsAt || now() - login.usedAt >= LOGIN_IDLE_MS) {
        logins.delete(hash)
        return null
      }
      if (use) login.usedAt = now()
      return login.proof
    },
    async end(hash) {
      logins.delete(hash)
    },
  }
}

class Guesses implements GuessTable {
  readonly #callers = bounded<Window>(MOST_CALLERS)
  readonly #now: () => number
  #all: Window = { endsAt: 0, wrong: 0 }

  constructor(now: () => number) {
    this.#now = now
  }

  async wrong(caller: string): Promise<number> {
    const one = this.#callers.get(caller)
    const waits = [this.#wait(one, MOST_GUESSES_OF_ONE), this.#wait(this.#all, MOST_GUESSES_OF_ALL)]
    const wait = Math.ceil(Math.max(...waits) / 1000)
    if (wait > 0) return wait
    this.#callers.set(caller, this.#counted(one))
    this.#all = this.#counted(this.#all)
    return 0
  }

  #wait(window: Window | undefined, most: number): number {
    return window !== undefined && window.wrong >= most ? Math.max(0, window.endsAt - this.#now()) : 0
  }

  #counted(window: Window | undefined): Window {
    const now = this.#now()
    if (window === undefined || now >= window.endsAt) return { endsAt: now + GUESSES_WINDOW_MS, wrong: 1 }
    return { ...window, wrong: window.wrong + 1 }
  }
}
