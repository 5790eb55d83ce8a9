import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { PasskeySecrets, PasskeyVault } from '../../../ports/qr-vault.ts'
import { ExpiringSecrets } from '../expiring-secrets.ts'
import { createPageTokens } from './page-tokens.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * What is secret about the passkeys that WhatsApp demands, in memory only; each is gone the moment it expires. `key` seals the tokens: all
 * nodes have it.
 */
export function createPasskeyVault(clock: Clock, key: Uint8Array): PasskeyVault {
  const tokens = createPageTokens(key)
  const secrets = new ExpiringSecrets<PasskeySecrets>(clock)
  const change = (sessionId: string, fields: Partial<PasskeySecrets>) => {
    const secret = secrets.read(sessionId)
    if (secret !== null) secrets.put(sessionId, { ...secret, ...fields })
  }
  return {
    put: (sessionId, demand) =>
      secrets.put(sessionId, { ...demand, code: null, token: tokens.make(sessionId) }),
    putCode: (sessionId, code) => change(sessionId, { code }),
    read: sessionId => secrets.read(sessionId),
    sessionNamedIn: tokens.sessionIn,
    sessionOf(token) {
      const sessionId = tokens.sessionIn(token)
      const known = sessionId === null ? undefined : secrets.read(sessionId)?.token
      // Hashes have one length: time says nothing about a token.
      return known !== undefined && timingSafeEqual(digest(known), digest(token)) ? sessionId : null
    },
    useToken: sessionId => change(sessionId, { token: tokens.make(sessionId) }),
    clear: sessionId => secrets.clear(sessionId),
  }
}
