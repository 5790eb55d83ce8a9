import type { DeliveryRow } from '../ports/delivery-table.ts'
import type { PasskeyVault } from '../ports/qr-vault.ts'

/** What deliveries must know of the passkeys that WhatsApp demands. */
export interface DeliveredPasskeys extends Pick<PasskeyVault, 'read'> {
  /** Turns a time of the service into the one on the wall. */
  timeOfDay(at: number): number
  /** What the node of a session that does not live here says of its passkey, as `GET /sessions/{id}/passkey` has it. */
  elsewhere?(sessionId: string): Promise<Record<string, unknown> | null>
}

/**
 * What Laravel is told of a passkey in this attempt: until when it waits by the clock on the wall, and the code that its owner must
 * compare. That is kept in the memory of the session's node alone, so that one that was asked for anew, or has expired by now, is null.
 */
export async function withPasskey(
  { kind, sessionId }: Pick<DeliveryRow, 'kind' | 'sessionId'>,
  payload: Record<string, unknown>,
  passkeys: DeliveredPasskeys,
): Promise<Record<string, unknown>> {
  if (kind !== 'events' || payload.type !== 'passkey') return payload
  const expiresAt = Date.parse(String(payload.expires_at))
  const told = { ...payload, code: null, expires_at: new Date(passkeys.timeOfDay(expiresAt)).toISOString() }
  if (payload.state !== 'confirm') return told
  const own = passkeys.read(sessionId)
  if (own !== null) return own.expiresAt === expiresAt ? { ...told, code: own.code } : told
  const other = await passkeys.elsewhere?.(sessionId).catch(() => null)
  return other?.expires_at === told.expires_at ? { ...told, code: other.code ?? null } : told
}
