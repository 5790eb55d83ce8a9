import type { Clock } from '../../base/clock.ts'
import type { LinkSecret, QrVault } from '../../ports/qr-vault.ts'

const MAX_SESSIONS = 10_000

/** The newest QR text and pairing code of each session, in memory only; each is gone the moment it expires. */
export function createQrVault(clock: Clock): QrVault {
  const qrs = createExpiringSecrets(clock)
  const codes = createExpiringSecrets(clock)
  return {
    put: qrs.put,
    read: qrs.read,
    putCode: codes.put,
    readCode: codes.read,
    clear(sessionId) {
      qrs.clear(sessionId)
      codes.clear(sessionId)
    },
  }
}

function createExpiringSecrets(clock: Clock) {
  const bySession = new Map<string, { secret: LinkSecret; timer: unknown }>()
  const clear = (sessionId: string) => {
    clock.clearTimeout(bySession.get(sessionId)?.timer)
    bySession.delete(sessionId)
  }
  return {
    put(sessionId: string, secret: LinkSecret): void {
      clear(sessionId)
      if (secret.expiresAt <= clock.now()) return
      const oldest = bySession.size >= MAX_SESSIONS ? bySession.keys().next().value : undefined
      if (oldest !== undefined) clear(oldest)
      const timer = clock.setTimeout(() => bySession.delete(sessionId), secret.expiresAt - clock.now())
      bySession.set(sessionId, { secret: { ...secret }, timer })
    },
    read(sessionId: string): LinkSecret | null {
      const secret = bySession.get(sessionId)?.secret
      return secret !== undefined && secret.expiresAt > clock.now() ? { ...secret } : null
    },
    clear,
  }
}
