import type { BinaryNode } from '@whiskeysockets/baileys'

/**
 * One line of the ledger: phone numbers in `from` and `to`, a device jid, milliseconds since 1970. A group message names its
 * group; where a line is for all its members (`said`, `accepted`) the group's jid is also in `to`. A newsletter's post
 * has the newsletter's jid in `from`.
 */
export type Entry = { id: string; from: string; to: string; device: string; at: number; group?: string }

/** What happened to every message, by id. Tests compare these lists with what the client says it did. */
export class Ledger {
  /** Contacts and phones said it; once per message. */
  readonly said: Omit<Entry, 'device'>[] = []
  /** First written to a device's socket; once per device. */
  readonly delivered: Entry[] = []
  /** Written again because the device had not acknowledged it. */
  readonly redelivered: Entry[] = []
  /** The device acknowledged it: by which stanza, of which type, with which error. */
  readonly acknowledged: (Entry & { by: 'receipt' | 'ack'; type?: string; error?: string })[] = []
  /** A device sent it and the server took it (an error ack is not taking). */
  readonly accepted: Entry[] = []
  /** A device sent it and the server answered with an error: it went to nobody. */
  readonly refused: { id: string; from: string; device: string; at: number; error: string }[] = []
  /** A contact decrypted it; a resend under the same id is a second line. */
  readonly received: Entry[] = []
  /** A contact could not decrypt it and asked again. */
  readonly undecryptable: (Entry & { reason: string })[] = []
  /** A fault made it unreadable on its way to a device. */
  readonly spoilt: Entry[] = []
  /** Every stanza the server had no answer for: tag, attributes and the tags of its children, never its contents. */
  readonly unanswered: { tag: string; attrs: BinaryNode['attrs']; children: string[]; at: number }[] = []
  /** Every stanza that WhatsApp would not take for what it was meant to be, and why; what a wrong ack or receipt names is kept. */
  readonly wrong: { tag: string; attrs: BinaryNode['attrs']; why: string; at: number }[] = []
  /**
   * Whenever a linked device became available to others, its phone silent from then on, and by what: it said so, it gave no type (which
   * means the same), or it said nothing after its login.
   */
  readonly available: { device: string; by: 'type' | 'no type' | 'silence'; at: number }[] = []
  /** A linked device logged in while it still had a connection: for that moment two programs are one device. */
  readonly replaced: { account: string; device: string; at: number }[] = []
  /** A contact got it, and it stays longer or shorter than the chat's timer says: `will not disappear`, or it does, after another time. */
  readonly wrongTimers: (Entry & { reason: string })[] = []

  /** What went wrong inside the simulator itself. */
  readonly errors: { at: number; reason: string }[] = []

  /** Forgets everything; for long runs that compare figures between phases. */
  clear(): void {
    for (const list of Object.values(this)) if (Array.isArray(list)) list.length = 0
  }
}
