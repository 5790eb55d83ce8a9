/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * Baileys asks for a message again that it could not decrypt, and then answers the same message with error 500. WhatsApp Web's answer
 * is an ack without an error (sendMessageAck in messages-recv.js; `handleEncryptedMessage` of whatsmeow). Here Baileys says that, too.
 *
 * It can go when Baileys acks what it asks for again: test/whatsapp/patches/stanzas/needed.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import { NACK_REASONS } from '@whiskeysockets/baileys'

/** For the whole process: Baileys reads the code at each use, and leaves `error` out where there is none. */
export function ackUndecryptable(): void {
  const codes: { UnhandledError?: number | undefined } = NACK_REASONS
  codes.UnhandledError = undefined
}
