import type { SessionContext } from '../../../machines/session.context.ts'
import { LONGEST_PAUSE, pauseEndOf, SLOW_FOR, SLOW_PAUSE } from '../../../machines/session.limits.ts'

const MINUTE = 60_000
/** What may leave at once after a quiet time, as a part of a minute's sends. */
const BURST = 1 / 6
/** By how much what WhatsApp says of one pause may differ from ack to ack, in ms. */
const SAME_PAUSE = 2_000

type Slowdown = SessionContext['slowdown']
type Pace = Omit<NonNullable<Slowdown>, 'at'>

/**
 * The pace of one session's sends: a token bucket that holds a sixth of a minute's sends, at least one. WhatsApp's complaint (429) halves
 * the rate for five minutes, also one without a limit; that it did is a fact of the session. The caller brings the time, in ms.
 */
export class SendRate {
  readonly #perMinute: number
  readonly #slowdown: () => Slowdown
  #tokens: number
  #at = 0
  /** Sends of this and of the last minute: what the rate is when nothing limits it. */
  #counted = { minute: 0, now: 0, before: 0 }

  /** `perMinute`: 0 is no limit. `slowdown`: WhatsApp's last complaint, as the session knows it. */
  constructor(perMinute: number, slowdown: () => Slowdown) {
    this.#perMinute = perMinute === 0 ? Number.POSITIVE_INFINITY : perMinute
    this.#slowdown = slowdown
    const slow = slowdown()
    this.#tokens = slow === null ? burstOf(this.#perMinute) : 0
    if (slow !== null) this.#at = pauseEndOf(slow)
  }

  /** When a send may leave, with so many others before it: `now` if it may at once. */
  nextAt(now: number, ahead = 0): number {
    const limit = this.#refill(now)
    if (limit === Number.POSITIVE_INFINITY) return now
    const missing = ahead + 1 - this.#tokens
    return missing <= 0 ? now : Math.max(now, this.#at + Math.ceil((missing * MINUTE) / limit))
  }

  /** One send leaves. */
  take(now: number): void {
    this.#refill(now)
    this.#tokens--
    this.#count(now).now++
  }

  /**
   * WhatsApp took too many messages: the pace from now on and until when, or null if it said so just now. Nothing leaves for `backoff`
   * ms, if it said that, an hour at most.
   */
  complained(now: number, backoff = 0): Pace | null {
    const last = this.#slowdown()
    const pause = Math.max(SLOW_PAUSE, Math.min(backoff, LONGEST_PAUSE))
    const told = {
      until: now + pause + SLOW_FOR - SLOW_PAUSE,
      ...(backoff > 0 && { pausedUntil: now + pause }),
    }
    if (last !== null && now < pauseEndOf(last)) {
      if (backoff === 0 || now + pause <= pauseEndOf(last) + SAME_PAUSE) return null
      this.#at = now + pause
      return { perMinute: last.perMinute, ...told }
    }
    const limit = this.#refill(now)
    const { now: current, before } = this.#count(now)
    const rate = Math.min(limit, Math.max(current, before))
    this.#tokens = 0
    this.#at = now + pause
    return { perMinute: Math.max(1, rate / 2), ...told }
  }

  /** The limit of the moment, with all tokens that came until then. */
  #refill(now: number): number {
    const limit = this.#limit(now)
    const passed = now - this.#at
    if (passed <= 0) return limit
    this.#at = now
    this.#tokens =
      limit === Number.POSITIVE_INFINITY
        ? limit
        : Math.min(burstOf(limit), Math.max(0, this.#tokens) + (passed * limit) / MINUTE)
    return limit
  }

  #limit(now: number): number {
    const slow = this.#slowdown()
    return slow !== null && now < slow.until ? slow.perMinute : this.#perMinute
  }

  #count(now: number) {
    const minute = Math.floor(now / MINUTE)
    const { minute: last, now: current } = this.#counted
    if (minute !== last) this.#counted = { minute, now: 0, before: minute === last + 1 ? current : 0 }
    return this.#counted
  }
}

const burstOf = (perMinute: number) => Math.max(1, perMinute * BURST)

/** Sends that wait for their turn, first come, first served, whatever their chat. */
export class FifoQueue {
  readonly #places = new Set<object>()

  /** A place at the end. */
  enter(): object {
    const place = {}
    this.#places.add(place)
    return place
  }

  ahead(place: object): number {
    let ahead = 0
    for (const one of this.#places) {
      if (one === place) break
      ahead++
    }
    return ahead
  }

  leave(place: object): void {
    this.#places.delete(place)
  }
}
