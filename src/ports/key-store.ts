/** Signal keys and credentials of a session, and the stanzas that were decrypted with them. */
export interface KeyStore {
  get(streamId: string, type: string, ids: string[]): Promise<Record<string, Uint8Array>>
  /**
   * A stanza decrypted before; what was done may have been erased, all but its hash. `messages`: dedupe keys that its message may have, of
   * which `hasDedupeKey` will be asked next: where a read is a question to a server, both are one.
   */
  inbox(streamId: string, hash: string, messages?: readonly string[]): Promise<KnownRow | null>
  /** Decrypted stanzas whose message is not in the log yet, oldest first. */
  unfinished(streamId: string): Promise<InboxRow[]>
}

/** One Signal key or credential; a null value deletes it. `id` is unique within `type`. */
export interface KeyWrite {
  type: string
  id: string
  value: Uint8Array | null
}

/** A decrypted stanza, kept under the ratchet until the message is in the log. */
export interface InboxRow {
  /** Hex SHA-256 of the ciphertext. */
  hash: string
  plaintext: Uint8Array
  /** The stanza's attributes and children as JSON text, enough to rebuild the message. */
  stanza: string
  at: number
}

/** `done`: its message is in the log, or it held none. */
export type KnownRow = InboxRow & { done: boolean }

export type InboxWrite = { put: InboxRow } | { done: string }
