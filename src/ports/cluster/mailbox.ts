import type { SendContent } from '../../messages/send.ts'
import type { IdempotencyRow } from '../message-table.ts'

/** A send that was accepted while nobody had its session. */
export interface LeftSend {
  /** The WhatsApp id under which it will go out: its caller has been told. */
  messageId: string
  content: SendContent
  /** The caller's key, which stands for it from the moment it was left; null without one. */
  promised: Pick<IdempotencyRow, 'key' | 'hash'> | null
  /** When it was accepted, in ms. */
  at: number
}

/** `stored`: durable. `owned`: somebody has the session, and is to be asked. `known`: its key stands for another send. */
export type Leaving = 'stored' | 'owned' | 'known'

/**
 * Where sends wait for whoever has their session next. Only an owner may write a session's log: what is accepted for a session that has
 * none is left here, and the next owner takes it over before it takes anything else.
 */
export interface Mailbox {
  /**
   * Leaves a send for a session without an owner under a valid lease. `gone`: a node that does not answer, and counts as none. Rejects with
   * STORE_FAILED.
   */
  leave(streamId: string, send: LeftSend, gone: string | null): Promise<Leaving>
  /** What waits for a session, in the order in which it was left. */
  of(streamId: string): Promise<LeftSend[]>
  find(streamId: string, messageId: string): Promise<LeftSend | null>
  /** These stand in the log now. */
  taken(streamId: string, messageIds: string[]): Promise<void>
}
