import type { Reason } from '../../../../machines/facts.ts'

const AGAIN = 'link the phone again with the next QR or code.'

/** Why nothing comes of a passkey: a code for programs, and one sentence. */
export class PasskeyFailure extends Error {
  readonly reason: Reason

  private constructor(reason: Reason, sentence: string) {
    super(`${sentence}; ${AGAIN}`)
    this.reason = reason
  }

  /** What WhatsApp says of a step is not what it says today. */
  static unreadable(step: string): PasskeyFailure {
    return new PasskeyFailure('passkey_unreadable', `WhatsApp demanded a passkey, and ${step} cannot be read`)
  }

  /** A query of Baileys failed; its error holds WhatsApp's code in `data`, and nothing when there was no answer in time. */
  static of(step: string, error: unknown): PasskeyFailure {
    const code = (error as { data?: unknown } | undefined)?.data
    return typeof code === 'number'
      ? new PasskeyFailure('passkey_refused', `WhatsApp refused the passkey (${step}: ${code})`)
      : new PasskeyFailure('passkey_unanswered', `WhatsApp did not go on with the passkey (${step})`)
  }
}
