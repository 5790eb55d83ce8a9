import type { proto } from '@whiskeysockets/baileys'
import type { ReceivedExtras } from '../../messages/received.ts'
import type { ReceivedFile } from './received-file.ts'

/** What a message says, as far as Laravel is told. */
export interface ParsedContent {
  type: string
  /** The words; of a location `latitude,longitude`, of contacts their vCards, of what is unsupported its name. */
  body: string | null
  /** The words under a file; of a location its name and address, of contacts their names, of a poll its options, each on a line. */
  caption: string | null
  /** The id of the message that this one answers, reacts to, edits, deletes or votes in. */
  replyTo: string | null
  file: ReceivedFile | null
  /** What is still sealed: it is read where the message that it is about is known. */
  sealed: SealedPart | null
  /** What it says beyond its words. */
  extras: ReceivedExtras
  /** What WhatsApp notes beside the words: quotes, mentions, advertisements; who is who in it depends on the session. */
  context: proto.IContextInfo | null
}

/** What people seal under the secret of a message. */
export type SealedKind =
  | 'edit'
  | 'eventEdit'
  | 'pollEdit'
  | 'pollOption'
  | 'reaction'
  | 'comment'
  | 'vote'
  | 'eventResponse'

/** Something sealed, as it came. */
export interface SealedPart {
  kind: SealedKind
  encPayload: Uint8Array | null | undefined
  encIv: Uint8Array | null | undefined
}

/** Not something a person wrote: `ignored` says why it is dropped. */
export interface Ignored {
  ignored: string
}

export const ignored = (why: string): Ignored => ({ ignored: why })

export const EMPTY = {
  body: null,
  caption: null,
  replyTo: null,
  file: null,
  sealed: null,
  extras: {},
  context: null,
}

/** What a person sent and this program cannot read; `name` is WhatsApp's own for it. */
export function unsupported(name: string): ParsedContent {
  return { ...EMPTY, type: 'unsupported', body: name }
}

/** What is there of some texts, each on a line; null if there is none. */
export const lines = (all: (string | null | undefined)[]): string | null =>
  all.filter(Boolean).join('\n') || null
