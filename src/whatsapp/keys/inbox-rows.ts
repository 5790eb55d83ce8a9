import {
  type BinaryNode,
  decodeMessageNode,
  proto,
  unpadRandomMax16,
  type WAMessage,
} from '@whiskeysockets/baileys'
import type { InboxRow } from '../../ports/key-store.ts'
import { wasOffline } from '../patches/arrival-order.ts'

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

/** A stanza as its inbox row keeps it: all that is needed to rebuild a message; the ciphertext is not. */
export function stanzaText(stanza: BinaryNode, plain = false): string {
  const children = childrenOf(stanza).map(({ tag, attrs }) => ({ tag, attrs }))
  return JSON.stringify({ attrs: stanza.attrs, children, ...(plain && { plain }) })
}

/** Rebuilds what Baileys would have handed over for a decrypted stanza; throws when it cannot be read. */
export function rebuildMessage(row: InboxRow, me: Me): { message: WAMessage; offline: boolean } {
  const { attrs, children, plain } = JSON.parse(row.stanza) as StoredStanza
  const { fullMessage } = decodeMessageNode({ tag: 'message', attrs }, me.id, me.lid ?? '')
  const offline = wasOffline(attrs)
  if (isWithoutContent(row)) {
    const isViewOnce = children.some(({ tag, attrs }) => tag === 'unavailable' && attrs.type === 'view_once')
    return { message: { ...fullMessage, key: { ...fullMessage.key, isViewOnce } }, offline }
  }
  const content = proto.Message.decode(plain ? row.plaintext : unpadRandomMax16(row.plaintext))
  return { message: { ...fullMessage, message: content.deviceSentMessage?.message ?? content }, offline }
}

/** Whether the stanza of a row had no content: the message is elsewhere. */
export const isWithoutContent = ({ plaintext }: InboxRow): boolean => plaintext.length === 0

export const childrenOf = (stanza: BinaryNode): BinaryNode[] =>
  Array.isArray(stanza.content) ? stanza.content : []
