import { setTimeout as pause } from 'node:timers/promises'
import type { Answer } from '../harness/manager-api.ts'
import type { SeededRandom } from '../simulator/seeded-random.ts'
import type { ManagerUnderTest } from './manager-under-test.ts'
import type { Conversation, Send } from './records.ts'

const AGAIN_MS = 250

/** Laravel's side of sending: one caller per conversation, which keeps asking under one key until it has an answer. */
export class Callers {
  readonly sends: Send[] = []
  /** Answers that are none of the contract's, in words. */
  readonly troubles: string[] = []
  /** Answers by status, those that made a caller ask again included. */
  readonly answers = new Map<number, number>()
  readonly #manager: ManagerUnderTest
  readonly #random: SeededRandom
  #answered = 0
  #ended = false
  #loops: Promise<void>[] = []

  constructor(manager: ManagerUnderTest, random: SeededRandom) {
    this.#manager = manager
    this.#random = random
  }

  /** Every conversation's caller sends from now on, about once in `everyMs`. */
  begin(conversations: Conversation[], everyMs: number): void {
    this.#loops = conversations.map(conversation => this.#call(conversation, everyMs))
  }

  /** Resolves when every caller has its last answer, or after so many ms. */
  async end(ms: number): Promise<void> {
    this.#ended = true
    await Promise.race([Promise.all(this.#loops), pause(ms, undefined, { ref: false })])
  }

  async #call({ session, chat, people }: Conversation, everyMs: number): Promise<void> {
    for (let n = 0; ; n++) {
      const key = `${session}-${chat}-${n}`
      await pause(2 * everyMs * this.#random.share('call', key))
      await this.#manager.up()
      if (this.#ended) return
      const text = `${session} tells ${chat} ${n}`
      const send: Send = {
        ...{ session, chat, readers: people, key, text },
        ...{ at: Date.now(), requests: 0, outcome: 'asked', id: null, answered: -1 },
      }
      this.sends.push(send)
      while (send.outcome === 'asked') await this.#ask(send)
    }
  }

  async #ask(send: Send): Promise<void> {
    const { session, chat, key, text } = send
    send.requests++
    const request = { session_id: session, wa_id: chat, type: 'text', body: text }
    const answer = await this.#manager.call('POST', '/send-message', request, key).catch(() => null)
    if (answer === null) {
      await pause(AGAIN_MS)
      await this.#manager.up()
      return
    }
    this.answers.set(answer.status, (this.answers.get(answer.status) ?? 0) + 1)
    if (answer.status === 200 || answer.status === 202) {
      send.outcome = String(answer.body.status) as Send['outcome']
      send.id = String(answer.body.message_id)
      send.answered = this.#answered++
    } else if (isRetryable(answer)) await pause(AGAIN_MS)
    else {
      send.outcome = 'refused'
      this.troubles.push(`${key} was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    }
  }
}

/** Nothing was stored, or the first request with this key is still at work. */
function isRetryable({ status, body }: Answer): boolean {
  return status === 503 || (status === 409 && body.error === 'IDEMPOTENCY_IN_FLIGHT')
}
