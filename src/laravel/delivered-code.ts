import type { DeliveryRow } from '../ports/delivery-table.ts'
import type { PasskeyVault } from '../ports/qr-vault.ts'

/**
 * What Laravel is told of a passkey, with the code that its owner must compare: it is kept in memory alone, so that one that was
 * asked for anew, or has expired by now, is null.
 */
export function withCode(
  { kind, sessionId }: Pick<DeliveryRow, 'kind' | 'sessionId'>,
  payload: Record<string, unknown>,
  passkeys: Pick<PasskeyVault, 'read'>,
): Record<string, unknown> {
  if (kind !== 'events' || payload.type !== 'passkey' || payload.state !== 'confirm') return payload
  const secrets = passkeys.read(sessionId)
  const isMeant = secrets !== null && new Date(secrets.expiresAt).toISOString() === payload.expires_at
  return { ...payload, code: isMeant ? secrets.code : null }
}
