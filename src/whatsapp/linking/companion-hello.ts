import { randomBytes } from 'node:crypto'
import {
  aesEncryptCTR,
  bytesToCrockford,
  DEFAULT_CONNECTION_CONFIG,
  derivePairingCodeKey,
  getCompanionPlatformId,
  jidEncode,
  S_WHATSAPP_NET,
  type WASocket,
} from '@whiskeysockets/baileys'
import { refusalCodeOf } from '../query-errors.ts'

export type HelloSocket = Pick<WASocket, 'query' | 'authState'>

/**
 * Asks WhatsApp for a pairing code for a number (digits): `companion_hello`, as WhatsApp Web sends it. Resolves with the code once
 * WhatsApp took it; rejects with WhatsApp's refusal. `requestPairingCode` of Baileys waits for no answer and sends "0" as its nonce.
 * What the phone says then is answered by Baileys (`link_code_companion_reg`), by `pairingCode` and `me` of the credentials.
 */
export async function askForCode({ query, authState }: HelloSocket, phoneNumber: string): Promise<string> {
  const { creds } = authState
  const { browser } = DEFAULT_CONNECTION_CONFIG
  const [system, name] = browser
  const code = bytesToCrockford(randomBytes(5))
  const jid = jidEncode(phoneNumber, 's.whatsapp.net')
  creds.pairingCode = code
  creds.me = { id: jid, name: '~' }
  const [salt, iv] = [randomBytes(32), randomBytes(16)]
  const key = await derivePairingCodeKey(code, salt)
  const parts = {
    link_code_pairing_wrapped_companion_ephemeral_pub: Buffer.concat([
      salt,
      iv,
      aesEncryptCTR(creds.pairingEphemeralKeyPair.public, key, iv),
    ]),
    companion_server_auth_key_pub: creds.noiseKey.public,
    companion_platform_id: getCompanionPlatformId(browser),
    // WhatsApp refuses any other form than this (WhatsApp Web).
    companion_platform_display: `${name} (${system})`,
    link_code_pairing_nonce: Buffer.from([0]),
  }
  await query({
    tag: 'iq',
    attrs: { to: S_WHATSAPP_NET, type: 'set', xmlns: 'md' },
    content: [
      {
        tag: 'link_code_companion_reg',
        attrs: { jid, stage: 'companion_hello', should_show_push_notification: 'true' },
        content: Object.entries(parts).map(([tag, content]) => ({ tag, attrs: {}, content })),
      },
    ],
  })
  return code
}

const BAD_REQUEST =
  'WhatsApp takes no pairing code for this number; check it, with its country code, or scan the QR.'
const TOO_MANY =
  'WhatsApp was asked for too many pairing codes; wait an hour before the next one, or scan the QR.'
const FORBIDDEN = 'WhatsApp lets this account link no device by a pairing code; scan the QR.'

/** What a refusal means, as a sentence for whoever asked for the code. */
export function whyRefused(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  const code = refusalCodeOf(error)
  if (text === 'feature-not-available')
    return 'WhatsApp offers no pairing codes to this account; scan the QR.'
  if (text === 'rate-overlimit' || code === 429) return TOO_MANY
  if (text === 'forbidden' || code === 403) return FORBIDDEN
  if (code === 400) return BAD_REQUEST
  return 'WhatsApp gave no pairing code; scan the QR, or ask for a code again later.'
}
