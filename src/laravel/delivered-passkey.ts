import type { DeliveryRow } from '../ports/delivery-table.ts'
import type { PasskeyVault } from '../ports/qr-vault.ts'

/** What deliveries must know of the passkeys that WhatsApp demands. */
export interface DeliveredPasskeys extends Pick<PasskeyVault, 'read'> {
  /** Turns a time of the service into the one on the wall. */
  timeOfDay(at: number): number
}

/**
 * What Laravel is told of a passkey in this attempt: until when it waits by the clock on the wall, and the code that its owner must
 * compare. That is kept in memory alone, so that one that was asked for anew, or has expired by now, is null.
 */
export function withPasskey(
  { kind, sessionId }: Pick<DeliveryRow, 'kind' | 'sessionId'>,
  payload: Record<string, unknown>,
  passkeys: DeliveredPasskeys,
): Record<string, unknown> {
  if (kind !== 'events' || payload.type !== 'passkey') return payload
  const expiresAt = Date.parse(String(payload.expires_at))
  const secrets = payload.state === 'confirm' ? passkeys.read(sessionId) : null
  return {
    ...payload,
    code: secrets?.expiresAt === expiresAt ? secrets.code : null,
    expires_at: new Date(passkeys.timeOfDay(expiresAt)).toISOString(),
  }
}
