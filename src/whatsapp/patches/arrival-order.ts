/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * After a reconnect Baileys works off what waited at WhatsApp one by one, and what arrives meanwhile at once: a customer's newest
 * message overtakes the older ones. Here a live stanza that finds offline ones before it joins their queue.
 *
 * It can go when Baileys keeps the order of arrival: test/whatsapp/patches/catching-up.test.ts then fails.
 * Applied in src/whatsapp/keys/inbox-rows.ts, src/whatsapp/receiving/receiver.ts.
 */

import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { NEWSLETTER_NOTIFICATION, postsIn } from '../newsletter-posts.ts'

/** The `offline` attribute of a stanza that arrived live and waits behind offline ones. */
const LIVE = 'live'

/** Keeps live messages behind those that waited at WhatsApp before them. */
export class ArrivalOrder {
  /** Ids in Baileys' queue, oldest first. */
  readonly #queued = new Set<string>()
  readonly #live = new Set<string>()

  /** Must listen in front of Baileys; `ws` is the socket's. */
  watch(ws: EventEmitter): void {
    ws.prependListener('CB:message', ({ attrs }: BinaryNode) => {
      const { id } = attrs
      if (id === undefined) return
      if (attrs.offline === undefined) {
        if (this.#queued.size === 0) return
        attrs.offline = LIVE
        this.#live.add(id)
      }
      this.#queued.add(id)
    })
    // Baileys hands these over as if they had waited, whether they did or not.
    ws.prependListener(NEWSLETTER_NOTIFICATION, (stanza: BinaryNode) => {
      if (stanza.attrs.offline === undefined)
        for (const { attrs } of postsIn(stanza)) if (attrs.id !== undefined) this.#live.add(attrs.id)
    })
  }

  /** Baileys hands over a message, and so has worked off all before it. Returns whether it had waited at WhatsApp. */
  handedOver(id: string | null | undefined, type: 'notify' | 'append'): boolean {
    if (!id) return type === 'append'
    if (this.#queued.has(id)) {
      for (const earlier of this.#queued) {
        this.#queued.delete(earlier)
        if (earlier === id) break
        this.#live.delete(earlier)
      }
    }
    return !this.#live.delete(id) && type === 'append'
  }
}

/** Whether a stanza had waited at WhatsApp when it was delivered. */
export const wasOffline = ({ offline }: BinaryNode['attrs']): boolean =>
  offline !== undefined && offline !== LIVE
