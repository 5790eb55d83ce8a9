/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * A `server_sync` notification names each collection of the app state that has changed; Baileys fetches the first one only
 * (messages-recv.js, processNotification). Here the others are fetched, too.
 *
 * It can go when Baileys fetches all: test/whatsapp/patches/stanzas/server-sync.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import {
  ALL_WA_PATCH_NAMES,
  type BinaryNode,
  getAllBinaryNodeChildren,
  type WASocket,
} from '@whiskeysockets/baileys'

/** Fetches what Baileys leaves of a `server_sync`. */
export function syncAllCollections({ ws, resyncAppState }: Pick<WASocket, 'ws' | 'resyncAppState'>): void {
  ws.on('CB:notification,type:server_sync', (stanza: BinaryNode) => {
    const [, ...others] = getAllBinaryNodeChildren(stanza).filter(({ tag }) => tag === 'collection')
    const named = others.map(({ attrs }) => attrs.name)
    const known = ALL_WA_PATCH_NAMES.filter(name => named.includes(name))
    if (known.length > 0) resyncAppState(known, false).catch(() => {})
  })
}
