import type { Viewing } from '../ports/inspection.ts'

/** So much may wait for one viewer, the first look at everything included; a slower one is let go. */
const MOST_WAITING = 5_000
const MOST_CHARACTERS = 8_000_000

/** One who looks on, and what waits for it. */
export class Viewer implements Viewing {
  /** The sessions to be shown; null for as many as fit. */
  readonly wanted: ReadonlySet<string> | null
  /** How many are shown to it now. */
  charts = 0
  readonly #gone = new AbortController()
  readonly #onEnd: (viewer: Viewer) => void
  #waiting: (string | null)[] = []
  #characters = 0
  #wake = () => {}

  constructor(sessionIds: readonly string[] | null, onEnd: (viewer: Viewer) => void) {
    this.wanted = sessionIds && new Set(sessionIds)
    this.#onEnd = onEnd
  }

  get gone(): AbortSignal {
    return this.#gone.signal
  }

  /** Null: a sign of life. */
  push(text: string | null): void {
    if (this.gone.aborted) return
    this.#waiting.push(text)
    this.#characters += text?.length ?? 0
    if (this.#waiting.length > MOST_WAITING || this.#characters > MOST_CHARACTERS) this.end('too slow')
    this.#wake()
  }

  end(why = 'closed'): void {
    if (this.gone.aborted) return
    this.#waiting = []
    this.#gone.abort(why)
    this.#onEnd(this)
    this.#wake()
  }

  get messages(): AsyncIterable<string | null> {
    return this.#read()
  }

  async *#read(): AsyncIterable<string | null> {
    while (!this.gone.aborted) {
      const batch = this.#waiting
      this.#waiting = []
      for (const text of batch) {
        if (this.gone.aborted) return
        yield text
        this.#characters -= text?.length ?? 0
      }
      if (this.#waiting.length > 0 || this.gone.aborted) continue
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}
