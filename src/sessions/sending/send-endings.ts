import type { Clock } from '../../base/clock.ts'
import { isUnsent, movesForward } from '../../messages/status.ts'
import type { Refusals } from './refusals.ts'
import type { Send } from './send.ts'
import type { SendLog } from './send-log.ts'
import type { SendResult } from './send-results.ts'
import type { WaitingSends } from './waiting-sends.ts'

const NEVER_ACKED = 'It left, and WhatsApp never said that it has it.'

/** How sends of one session end: as WhatsApp said, or because they are given up. Whichever comes first, they leave no more. */
export class SendEndings {
  readonly #log: SendLog
  readonly #waiting: WaitingSends
  readonly #refusals: Refusals
  readonly #clock: Clock

  constructor(log: SendLog, waiting: WaitingSends, refusals: Refusals, clock: Clock) {
    this.#log = log
    this.#waiting = waiting
    this.#refusals = refusals
    this.#clock = clock
  }

  /** Records what became of a send. */
  async record(chatId: string, result: SendResult): Promise<void> {
    this.#forget(result.messageId)
    await this.#log.recordResult(chatId, result)
  }

  /** Gives a send up: it failed, or nobody knows if it has left before. */
  async giveUp({ messageId, chatId }: Pick<Send, 'messageId' | 'chatId'>, code: string, error: string) {
    // Known: nothing comes between the question and what is recorded.
    if (!this.#log.knows(messageId)) await this.#log.find(messageId)
    const status = this.#log.progressOf({ messageId, status: 'queued' })
    const at = this.#clock.now()
    const refusal = this.#refusals.of(messageId)
    this.#forget(messageId)
    // It may have come to its end while the store was asked.
    if (!isUnsent(status)) return
    if (refusal !== null) await this.record(chatId, { ...refusal, at })
    else if (status === 'queued') await this.record(chatId, { messageId, status: 'failed', at, code, error })
    else if (movesForward(status, 'unknown'))
      await this.record(chatId, { messageId, status: 'unknown', at, error: NEVER_ACKED })
  }

  #forget(messageId: string): void {
    this.#waiting.remove(messageId)
    this.#refusals.forget(messageId)
  }
}
