/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * At a login WhatsApp says that what is known of the account is old (`<dirty type="account_sync" timestamp>`), and waits for `<clean>`
 * with that timestamp once it was fetched. Baileys fetches it at every login (privacy settings, blocked people), cleans the first one
 * never and each later one with the timestamp of the one before. Here each is cleaned with its own.
 *
 * It can go when Baileys cleans the first one: test/whatsapp/patches/dirty-account.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import { type BinaryNode, getBinaryNodeChild, S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys'

const DIRTY = 'CB:ib,,dirty'

/** Reports an account that WhatsApp called dirty as fetched; what else is dirty stays with Baileys. */
export function cleanDirtyAccount({ ws, query }: Pick<WASocket, 'ws' | 'query'>): void {
  const baileys = ws.listeners(DIRTY)
  ws.removeAllListeners(DIRTY)
  ws.on(DIRTY, (node: BinaryNode) => {
    const { type, timestamp } = getBinaryNodeChild(node, 'dirty')?.attrs ?? {}
    if (type !== 'account_sync') return Promise.all(baileys.map(listener => listener(node)))
    const clean = { tag: 'clean', attrs: { type, ...(timestamp !== undefined && { timestamp }) } }
    const attrs = { to: S_WHATSAPP_NET, type: 'set', xmlns: 'urn:xmpp:whatsapp:dirty' }
    return query({ tag: 'iq', attrs, content: [clean] }).catch(() => {})
  })
}
