import type { AccountEvent } from '../messages/account-event.ts'

/** What happened to accounts beside messages. */
export interface AccountEventTable {
  /** Null if there is none under this key, or no more: they are kept for 30 days. */
  find(streamId: string, key: string): Promise<AccountEvent | null>
  /** Those with a seq after `after` and up to `until`, oldest first. */
  between(streamId: string, after: number, until: number, limit: number): Promise<StoredAccountEvent[]>
  /** The name that somebody wrote under last, as far as it was kept. */
  nameOf(streamId: string, jid: string): Promise<string | null>
}

export interface StoredAccountEvent {
  /** The fact's. */
  seq: number
  event: AccountEvent
  /** In ms; it may have waited at WhatsApp since. */
  happenedAt: number
}

export interface NewAccountEvent extends StoredAccountEvent {
  /** Unique in a stream. */
  key: string
  /** When it was stored. */
  at: number
}
