import type { Metadata } from '../messages/metadata.ts'
import type { PasskeyAssertion } from '../messages/passkey.ts'
import type { Presence, SendContent } from '../messages/send.ts'
import type { MessageStatus } from '../messages/status.ts'
import type { SessionView } from './session-queries.ts'

/** What HTTP can have a session do; answers are given from what is committed. Rejects with GatewayError. */
export interface Sessions extends PasskeyCommands {
  start(request: StartRequest): Promise<SessionView>
  /** Rejects as `send` would, as far as the session decides it, so that a file is not kept for nothing. */
  checkSend(sessionId: string, idempotencyKey?: string): Promise<void>
  /**
   * Resolves with `sent` after WhatsApp's ack, or as it stands when `deadline` passes. With a key that stands for a send
   * already, as that one stands now; rejects with IDEMPOTENCY_MISMATCH or, while the first request waits, IDEMPOTENCY_IN_FLIGHT.
   */
  send(
    sessionId: string,
    content: SendContent,
    deadline: number,
    idempotencyKey?: string,
  ): Promise<SendOutcome>
  /**
   * The same for a session that no node has, where several share the store: it is durable, and goes out once one has. `gone`: a node that
   * does not answer, and counts as none. Null: another node has the session, and is to be asked.
   */
  leaveSend?(
    sessionId: string,
    content: SendContent,
    gone: string | null,
    idempotencyKey?: string,
  ): Promise<SendOutcome | null>
  /**
   * Links this number (digits) by a pairing code; resolves once there is one. Rejects with STATE_FORBIDS if a phone is linked, with
   * PAIRING_CODE_NOT_AVAILABLE if WhatsApp gave none by `deadline`.
   */
  requestPairingCode(sessionId: string, phoneNumber: string, deadline: number): Promise<void>
  /** Whether a phone number (digits) is on WhatsApp. Rejects with SESSION_NOT_CONNECTED while the session is not open, as the next two do. */
  lookup(
    sessionId: string,
    phone: string,
  ): Promise<{ exists: boolean; jid: string | null; lid: string | null }>
  /** Marks received messages as read, all or none; rejects with MESSAGE_NOT_FOUND if one of the ids was never received. */
  markRead(sessionId: string, messageIds: string[]): Promise<void>
  /** What others see of the account: everybody, or in one chat. */
  showPresence(sessionId: string, kind: Presence, chatId?: string): Promise<void>
  /** Puts what was received between two seqs into deliveries again, under their first webhook ids; resolves with their number. */
  replay(sessionId: string, after: number, until: number): Promise<number>
  restart(sessionId: string): Promise<SessionView>
  /** `done` is false while the logout is still owed to WhatsApp; waits for it at most until `deadline`. */
  logout(sessionId: string, deadline: number): Promise<{ done: boolean; session: SessionView }>
  delete(sessionId: string, deadline: number): Promise<{ done: boolean }>
}

/**
 * What the account's owner says to the passkey that WhatsApp demands. Each rejects with PASSKEY_NOT_ASKED while none is demanded, with
 * STATE_FORBIDS when it is too early or too late, and resolves once the fact is durable.
 */
export interface PasskeyCommands {
  /** Gives WhatsApp an assertion; one that was given before counts no more. Rejects with VALIDATION_FAILED as PasskeyAnswers does. */
  submitPasskey(sessionId: string, assertion: PasskeyAssertion): Promise<void>
  /** Phone and session show the same code. */
  confirmPasskey(sessionId: string): Promise<void>
  /** Nobody goes on with it: the next QR or code comes by itself. */
  cancelPasskey(sessionId: string): Promise<void>
}

export interface StartRequest {
  sessionId?: string
  userId: string | number
  /** Digits: a pairing code is wanted in place of a QR. */
  phoneNumber?: string
  /** Takes the place of what the session had; without it that stays. */
  metadata?: Metadata
}

/** Where a send stands when its caller is answered. */
export interface SendOutcome {
  messageId: string
  status: MessageStatus
  /** Where it goes, as WhatsApp spells it: in the words of the caller (a number, a LID), as far as that is known. */
  address: string
  /** An earlier request with the same key had sent it. */
  replayed?: true
}
