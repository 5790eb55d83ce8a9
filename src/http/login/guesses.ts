import { isIPv6 } from 'node:net'
import { bounded } from '../../base/bounded.ts'

/** A minute is counted from its first wrong key. */
const WINDOW_MS = 60_000
const MOST_OF_ONE = 10
const MOST_OF_ALL = 200
const MOST_CALLERS = 10_000

interface Window {
  endsAt: number
  wrong: number
}

/** Wrong keys at the login: ten a minute of one address, two hundred of all together, are told that they are wrong; the right one never waits. */
export class Guesses {
  readonly #callers = bounded<Window>(MOST_CALLERS)
  readonly #now: () => number
  #all: Window = { endsAt: 0, wrong: 0 }

  constructor(now: () => number) {
    this.#now = now
  }

  /** In how many seconds a wrong key of this address is answered as one again; 0: now. */
  waitSeconds(address: string): number {
    const now = this.#now()
    const one = this.#callers.get(callerOf(address))
    const waits = [
      one !== undefined && one.wrong >= MOST_OF_ONE ? one.endsAt - now : 0,
      this.#all.wrong >= MOST_OF_ALL ? this.#all.endsAt - now : 0,
    ]
    return Math.max(0, Math.ceil(Math.max(...waits) / 1000))
  }

  wrong(address: string): void {
    const caller = callerOf(address)
    this.#callers.set(caller, this.#counted(this.#callers.get(caller)))
    this.#all = this.#counted(this.#all)
  }

  #counted(window: Window | undefined): Window {
    const now = this.#now()
    if (window === undefined || now >= window.endsAt) return { endsAt: now + WINDOW_MS, wrong: 1 }
    return { ...window, wrong: window.wrong + 1 }
  }
}

/** Who has an IPv6 address mostly has 2^64 of them. */
const callerOf = (address: string) =>
  isIPv6(address) && !address.includes('.') ? expanded(address).slice(0, 4).join(':') : address

/** The eight groups of an IPv6 address. */
function expanded(address: string): string[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const [before, after] = [head, tail ?? ''].map(part => part.split(':').filter(group => group !== ''))
  if (tail === undefined) return before!
  return [...before!, ...Array<string>(8 - before!.length - after!.length).fill('0'), ...after!]
}
