import type { Clock } from '../../base/clock.ts'
import type { LinkSecret, QrVault } from '../../ports/qr-vault.ts'
import { ExpiringSecrets } from './expiring-secrets.ts'

/** The newest QR text and pairing code of each session, in memory only; each is gone the moment it expires. */
export function createQrVault(clock: Clock): QrVault {
  const qrs = new ExpiringSecrets<LinkSecret>(clock)
  const codes = new ExpiringSecrets<LinkSecret>(clock)
  return {
    put: (sessionId, qr) => qrs.put(sessionId, qr),
    read: sessionId => qrs.read(sessionId),
    putCode: (sessionId, code) => codes.put(sessionId, code),
    readCode: sessionId => codes.read(sessionId),
    clear(sessionId) {
      qrs.clear(sessionId)
      codes.clear(sessionId)
    },
  }
}
