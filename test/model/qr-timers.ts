/** The timer after which Baileys offers the next QR to one session. */
export interface QrTimer {
  /** A length that no other timer has, in ms: what tells it apart. */
  readonly lengthMs: number
  readonly armed: boolean
  /** Lets the QR that is offered expire; throws if none is. */
  fire(): void
}

/** Baileys changes its QR by timers of the real clock: they are caught here, and go off when a test says so. */
export class QrTimers {
  readonly #lines = new Map<number, Map<unknown, () => void>>()
  readonly #setTimeout = globalThis.setTimeout
  readonly #clearTimeout = globalThis.clearTimeout

  install(): void {
    const set = (fn: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      const timer = this.#setTimeout(fn, ms, ...args)
      this.#lines.get(ms ?? 0)?.set(timer, fn)
      return timer
    }
    globalThis.setTimeout = Object.assign(set, this.#setTimeout) as typeof setTimeout
    globalThis.clearTimeout = timer => {
      for (const caught of this.#lines.values()) caught.delete(timer)
      this.#clearTimeout(timer)
    }
  }

  restore(): void {
    globalThis.setTimeout = this.#setTimeout
    globalThis.clearTimeout = this.#clearTimeout
  }

  another(): QrTimer {
    const lengthMs = 61_000 + this.#lines.size
    const caught = new Map<unknown, () => void>()
    this.#lines.set(lengthMs, caught)
    return {
      lengthMs,
      get armed() {
        return caught.size > 0
      },
      fire() {
        const [[timer, fn] = []] = [...caught].slice(-1)
        if (fn === undefined) throw new Error('no QR is offered')
        globalThis.clearTimeout(timer as NodeJS.Timeout)
        fn()
      },
    }
  }
}
