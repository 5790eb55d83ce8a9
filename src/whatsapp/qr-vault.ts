import type { Clock, QrVault } from '../ports.ts'

const MOST_SESSIONS = 10_000

/** The newest QR text of each session, in memory only; a text is gone the moment it expires. */
export function createQrVault(clock: Clock): QrVault {
  const held = new Map<string, { qr: NonNullable<ReturnType<QrVault['read']>>; timer: unknown }>()
  const clear = (sessionId: string) => {
    clock.clearTimeout(held.get(sessionId)?.timer)
    held.delete(sessionId)
  }
  return {
    put(sessionId, qr) {
      clear(sessionId)
      if (qr.expiresAt <= clock.now()) return
      const oldest = held.size >= MOST_SESSIONS ? held.keys().next().value : undefined
      if (oldest !== undefined) clear(oldest)
      const timer = clock.setTimeout(() => held.delete(sessionId), qr.expiresAt - clock.now())
      held.set(sessionId, { qr: { ...qr }, timer })
    },
    read(sessionId) {
      const qr = held.get(sessionId)?.qr
      return qr !== undefined && qr.expiresAt > clock.now() ? { ...qr } : null
    },
    clear,
  }
}
