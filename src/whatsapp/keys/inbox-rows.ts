import {
  type BinaryNode,
  decodeMessageNode,
  getAllBinaryNodeChildren,
  type WAMessage,
} from '@whiskeysockets/baileys'
import type { InboxRow } from '../../ports/key-store.ts'
import { wasOffline } from '../patches/arrival-order.ts'
import { nameChat } from '../patches/stanzas/own-messages.ts'
import { isViewOnceStub } from '../patches/stanzas/view-once-acks.ts'
import { decodeMessage, hasNewer } from '../protobuf/decode-message.ts'
import type { WholeMessage } from '../protobuf/newer-fields.ts'

/** The own account, as `creds.me` names it. */
export interface Me {
  id: string
  lid: string | null
}

interface StoredStanza {
  attrs: BinaryNode['attrs']
  children: Pick<BinaryNode, 'tag' | 'attrs'>[]
  /** The plaintext came as such, without padding. */
  plain?: true
}

/** How the stanza of a row ends whose plaintext came as such. */
const PLAIN = '"plain":true}'

/** A stanza as its inbox row keeps it: all that is needed to rebuild a message; the ciphertext is not. */
export function stanzaText(stanza: BinaryNode, plain = false): string {
  const children = getAllBinaryNodeChildren(stanza).map(({ tag, attrs }) => ({ tag, attrs }))
  return JSON.stringify({ attrs: stanza.attrs, children, ...(plain && { plain }) })
}

/** Rebuilds what Baileys would have handed over for a decrypted stanza; throws when it cannot be read. */
export function rebuildMessage(row: InboxRow, me: Me): { message: WAMessage; offline: boolean } {
  const { attrs, children } = JSON.parse(row.stanza) as StoredStanza
  nameChat(attrs)
  const { fullMessage } = decodeMessageNode({ tag: 'message', attrs }, me.id, me.lid ?? '')
  const offline = wasOffline(attrs)
  if (isWithoutContent(row)) {
    const key = { ...fullMessage.key, isViewOnce: isViewOnceStub(children) }
    return { message: { ...fullMessage, key }, offline }
  }
  return { message: { ...fullMessage, message: contentOf(encodedMessageIn(row)) }, offline }
}

/** The encoded message in a row. */
export function encodedMessageIn({ plaintext, stanza }: InboxRow): Uint8Array {
  if (stanza.endsWith(PLAIN)) return plaintext
  // Each byte of the padding says how long it is.
  return plaintext.subarray(0, Math.max(0, plaintext.length - (plaintext.at(-1) ?? 0)))
}

/** The content of an encoded message as Baileys hands it over, with what its protobuf leaves out. */
export function contentOf(encoded: Uint8Array): WholeMessage {
  const content = decodeMessage(encoded)
  const { deviceSentMessage, messageContextInfo } = content
  const sent = deviceSentMessage?.message
  // Phones put it beside what they sent.
  if (sent && messageContextInfo) sent.messageContextInfo ??= messageContextInfo
  return sent ?? content
}

/**
 * Baileys' message with what it left out, which stands in the rows of its parts: what is newer than its protobuf, and what lies beside
 * a copy of what another own device sent.
 */
export function withNewer(message: WAMessage, rows: InboxRow[]): WAMessage {
  const isWanted = (encoded: Uint8Array) => encoded.length > 0 && (message.key.fromMe || hasNewer(encoded))
  const newer = message.message ? rows.map(encodedMessageIn).filter(isWanted) : []
  if (newer.length === 0) return message
  return { ...message, message: Object.assign({}, message.message, ...newer.map(contentOf)) }
}

/** Whether the stanza of a row had no content: the message is elsewhere. */
export const isWithoutContent = ({ plaintext }: InboxRow): boolean => plaintext.length === 0
