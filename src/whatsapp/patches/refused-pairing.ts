/**
 * Baileys 7.0.0-rc14. Upstream: none known.
 *
 * A `pair-success` that does not fit the secret or the keys of this socket is answered with nothing: Baileys closes, and the phone
 * waits. WhatsApp's clients answer with an error first (whatsmeow, WhatsApp Web). Here it is looked at before Baileys sees it.
 *
 * It can go when Baileys answers by itself: test/whatsapp/patches/refused-pairing.test.ts then fails.
 * Applied in src/whatsapp/socket/baileys-socket.ts.
 */

import {
  type BinaryNode,
  configureSuccessfulPairing,
  S_WHATSAPP_NET,
  type WASocket,
} from '@whiskeysockets/baileys'

/** Answers by what Baileys says is wrong. */
const ANSWERS: Record<string, readonly [code: number, text: string]> = {
  'Invalid account signature': [401, 'hmac-mismatch'],
  'Failed to verify account signature': [401, 'signature-mismatch'],
}

/** Answers a `pair-success` that cannot be accepted with an error; `refused` hears of it once that is written, and ends the socket. */
export function answerRefusedPairing(
  { ws, authState, sendNode }: Pick<WASocket, 'ws' | 'authState' | 'sendNode'>,
  refused: (code: number, text: string) => void,
): void {
  ws.prependListener('CB:iq,,pair-success', (stanza: BinaryNode) => {
    try {
      configureSuccessfulPairing(stanza, authState.creds)
    } catch (error) {
      const [code, text] = ANSWERS[(error as Error).message] ?? [500, 'internal-error']
      const reason = { tag: 'error', attrs: { code: String(code), text } }
      const attrs = { to: S_WHATSAPP_NET, type: 'error', id: stanza.attrs.id ?? '' }
      sendNode({ tag: 'iq', attrs, content: [reason] }).catch(() => {})
      refused(code, text)
    }
  })
}
