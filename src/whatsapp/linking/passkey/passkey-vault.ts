import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { PasskeySecrets, PasskeyVault } from '../../../ports/qr-vault.ts'
import { ExpiringSecrets } from '../expiring-secrets.ts'

const newToken = () => randomBytes(32).toString('base64url')
const digest = (text: string) => createHash('sha256').update(text).digest()

/** What is secret about the passkeys that WhatsApp demands, in memory only; each is gone the moment it expires. */
export function createPasskeyVault(clock: Clock): PasskeyVault {
  const secrets = new ExpiringSecrets<PasskeySecrets>(clock)
  const change = (sessionId: string, fields: Partial<PasskeySecrets>) => {
    const secret = secrets.read(sessionId)
    if (secret !== null) secrets.put(sessionId, { ...secret, ...fields })
  }
  return {
    put: (sessionId, demand) => secrets.put(sessionId, { ...demand, code: null, token: newToken() }),
    putCode: (sessionId, code) => change(sessionId, { code }),
    read: sessionId => secrets.read(sessionId),
    sessionOf(token) {
      const presented = digest(token)
      // Every one is compared, and hashes have one length: time says nothing about a token.
      const found = secrets
        .sessions()
        .filter(sessionId => timingSafeEqual(digest(secrets.read(sessionId)?.token ?? ''), presented))
      return token === '' ? null : (found[0] ?? null)
    },
    useToken: sessionId => change(sessionId, { token: newToken() }),
    clear: sessionId => secrets.clear(sessionId),
  }
}
