/**
 * Baileys 7.0.0-rc14. Upstream: WhiskeySockets/Baileys issue 2553 tells the effect.
 *
 * On every change of the credentials that does not carry `me`, and on every new name, Baileys sends `<presence name>` without a type.
 * WhatsApp takes that for "available": the phone falls silent for hours. So did each login, each history and each batch of pre-keys.
 * Here each change carries `me`, and the name is known before Baileys compares it; src/whatsapp/socket/account-presence.ts tells it.
 *
 * It can go when Baileys gives a type: test/whatsapp/patches/bare-presence.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import type { AuthenticationCreds, WASocket } from '@whiskeysockets/baileys'

/** Lets no change of the credentials tell WhatsApp anything of the account's presence. */
export function silenceBarePresence({ ev, authState: { creds } }: Pick<WASocket, 'ev' | 'authState'>): void {
  const emit = ev.emit.bind(ev)
  ev.emit = (event, data) => {
    if (event !== 'creds.update') return emit(event, data)
    const update = data as Partial<AuthenticationCreds>
    if (update.me) creds.me = update.me
    return emit('creds.update', { ...update, ...(creds.me && { me: creds.me }) })
  }
}
