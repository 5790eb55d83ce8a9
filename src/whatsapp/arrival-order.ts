import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'

/** The `offline` attribute of a stanza that arrived live. */
const LIVE = 'live'

/** Live messages that Baileys has not handed over; some it never does. */
const REMEMBERED = 1000

/**
 * Keeps the order of arrival. Baileys works off what waited at WhatsApp one by one, and what arrives live at once and side by
 * side: a newest message overtakes those that waited, and in the first burst of a contact the second one overtakes the first,
 * whose LID is still being stored. So every live stanza joins the queue of the offline ones.
 */
export class ArrivalOrder {
  readonly #live = new Set<string>()

  /** Must listen before Baileys does; `ws` is the socket's. */
  watch(ws: EventEmitter): void {
    ws.prependListener('CB:message', ({ attrs }: BinaryNode) => {
      if (attrs.id === undefined || attrs.offline !== undefined) return
      attrs.offline = LIVE
      this.#live.add(attrs.id)
      if (this.#live.size > REMEMBERED) this.#live.delete(this.#live.values().next().value!)
    })
  }

  /** Baileys hands over a message. Returns whether it had waited at WhatsApp. */
  handedOver(id: string | null | undefined, type: 'notify' | 'append'): boolean {
    const wasLive = this.#live.delete(id ?? '')
    return !wasLive && type === 'append'
  }
}

/** Whether a stanza had waited at WhatsApp when it was delivered. */
export const wasOffline = ({ offline }: BinaryNode['attrs']): boolean =>
  offline !== undefined && offline !== LIVE
