import type { BinaryNode } from '@whiskeysockets/baileys'

/** How far a device is that was asked for a passkey. */
export type PasskeyStage = 'asked' | 'prologue' | 'nonce' | 'request' | 'linked' | 'failed'

/** What is known of the passkey that was demanded of a device. */
export type PasskeyProgress = {
  stage: PasskeyStage
  /** Eight letters, XXXX-XXXX, once both sides know the other's keys. */
  code: string | null
  /** A proof of the scanned QR came with the prologue: nobody needs to compare the code. */
  proved: boolean
  /** Why nothing comes of it, or of the last stanza that was refused. */
  problem: string | null
}

/** One demand for a passkey, as phones, sockets and the admin API see it. */
export interface PasskeyInProgress {
  readonly progress: Readonly<PasskeyProgress>
  /** Demands it again, with other options: what was agreed on before counts no more. */
  ask(): void
  /** The phone answers the prologue, also one that counts no more. */
  continue(): void
  /** The phone's owner says whether the device shows the same code. */
  answerCode(same: boolean): void
  /** Takes an iq of the device; false if it has nothing to do with passkeys. */
  takeIq(iq: BinaryNode): boolean
  end(reason: Error): void
}
