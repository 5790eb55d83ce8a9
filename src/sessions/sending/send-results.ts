import type { Clock } from '../../base/clock.ts'
import { type ErrorCode, GatewayError } from '../../base/errors.ts'
import type { SendUpdate } from '../../ports/whatsapp.ts'

/** Codes of failures that are ours, not WhatsApp's. */
export const EXPIRED = 'EXPIRED'
export const UNSENDABLE = 'SEND_FAILED'

/** What can become of a send. */
export type SendResult = SendUpdate | { messageId: string; status: 'unknown'; at: number; error: string }

/** How a row tells of a failure. */
export const failureOf = ({ code, error }: { code: string; error: string }) => `${code}: ${error}`

/** The code and the sentence in what a row says. */
export function partsOf(failure: string): { code: string; error: string } {
  const [code, error] = failure.split(/: (.*)/s) as [string, string | undefined]
  return { code, error: error ?? 'The message was not sent.' }
}

/** The error that a caller gets for a failed send; `failure` is what its row says. */
export function refusalOf(failure: string): GatewayError {
  const { code, error: text } = partsOf(failure)
  if (code === EXPIRED) return new GatewayError('SEND_FAILED', text)
  if (isOurs(code)) return new GatewayError(code, text)
  return new GatewayError('WHATSAPP_REJECTED', `WhatsApp refused the message (${code}): ${text}`)
}

/** Failures that a caller gets under their own code; all else is WhatsApp's. */
const isOurs = (code: string): code is ErrorCode =>
  code.startsWith('MEDIA_') ||
  [
    'SESSION_LOGGED_OUT',
    'NOT_ON_WHATSAPP',
    'NOT_GROUP_ADMIN',
    'WHATSAPP_REJECTED',
    'NEW_CHATS_PAUSED',
    UNSENDABLE,
  ].includes(code)

/** HTTP requests that wait for what becomes of their message. */
export class ResultWaiters {
  readonly #clock: Clock
  readonly #waiting = new Map<string, (result: SendResult | null) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(messageId: string): boolean {
    return this.#waiting.has(messageId)
  }

  /** Resolves with null at `deadline` (ms since the epoch). */
  wait(messageId: string, deadline: number): Promise<SendResult | null> {
    return new Promise(resolve => {
      const finish = (result: SendResult | null) => {
        this.#clock.clearTimeout(timer)
        this.#waiting.delete(messageId)
        resolve(result)
      }
      const timer = this.#clock.setTimeout(() => finish(null), Math.max(0, deadline - this.#clock.now()))
      this.#waiting.set(messageId, finish)
    })
  }

  tell(result: SendResult): void {
    this.#waiting.get(result.messageId)?.(result)
  }
}
