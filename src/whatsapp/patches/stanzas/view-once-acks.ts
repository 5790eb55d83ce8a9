/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Linked devices get a stub of a message that may be seen once. Baileys takes `<unavailable type="view_once"/>` for a message and
 * answers it with a delivery receipt, where WhatsApp Web sends a bare ack; a stub under its other name it acks, and tells nobody. Here
 * it knows the other name alone: the stub is acked, and src/whatsapp/keys/decrypt-once.ts keeps it for the receiver.
 *
 * It can go when Baileys acks both: test/whatsapp/patches/stanzas/needed.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts, src/whatsapp/keys/decrypt-once.ts, src/whatsapp/keys/inbox-rows.ts.
 */

import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

/** What Baileys acks and drops. */
const ACKED = 'view_once_unavailable_fanout'

/** Lets Baileys ack the stubs. */
export function ackViewOnce({ ws }: Pick<WASocket, 'ws'>): void {
  ws.prependListener('CB:message', ({ content }: BinaryNode) => {
    if (!Array.isArray(content) || !isViewOnceStub(content)) return
    for (const { tag, attrs } of content) if (tag === 'unavailable') attrs.type = ACKED
  })
}

/** Whether these children of a message say that it may be seen once, and hold nothing to be seen. */
export const isViewOnceStub = (children: Pick<BinaryNode, 'tag' | 'attrs'>[]): boolean =>
  children.some(({ tag, attrs }) => tag === 'unavailable' && isViewOnce(attrs.type)) &&
  !children.some(({ tag }) => tag === 'enc' || tag === 'plaintext')

const isViewOnce = (type: string | undefined) => type === 'view_once' || type === ACKED
