import type { Clock } from '../../base/clock.ts'
import type { ReceivedMessage } from '../../ports/whatsapp.ts'

/** How long a notice waits for the message itself, in ms: if a copy comes at all, it comes beside it. */
const WAIT_MS = 3000

/**
 * Notices that somebody sent what may be seen once, and that linked devices do not get (`<unavailable type="view_once">`). Each waits
 * a moment: whoever gets the message needs no notice of it.
 */
export class ViewOnceNotices {
  readonly #clock: Clock
  readonly #release: (notice: ReceivedMessage) => void
  /** By the dedupe key of the message. */
  readonly #waiting = new Map<string, { notice: ReceivedMessage; timer: unknown }>()
  #ended = false

  constructor(clock: Clock, release: (notice: ReceivedMessage) => void) {
    this.#clock = clock
    this.#release = release
  }

  /** Releases the notice after a moment, at once if nothing comes any more. */
  hold(notice: ReceivedMessage, messageKey: string): void {
    if (this.#ended) {
      this.#release(notice)
      return
    }
    const before = this.#waiting.get(messageKey)
    this.#clock.clearTimeout(before?.timer)
    const timer = this.#clock.setTimeout(() => {
      this.#waiting.delete(messageKey)
      this.#release(notice)
    }, WAIT_MS)
    this.#waiting.set(messageKey, { notice, timer })
  }

  /** The message itself has come. Returns the hash of the row of its notice, or null. */
  arrived(messageKey: string): string | null {
    const waiting = this.#waiting.get(messageKey)
    this.#waiting.delete(messageKey)
    this.#clock.clearTimeout(waiting?.timer)
    return waiting?.notice.inboxHash ?? null
  }

  /** The socket has ended: nothing is waited for any more. */
  end(): void {
    this.#ended = true
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { notice, timer } of waiting) {
      this.#clock.clearTimeout(timer)
      this.#release(notice)
    }
  }
}
