import type { Reason, SessionEvent } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { hasTag } from '../../../machines/session.state.ts'
import type { PasskeyEvent } from '../../messages/account-event.ts'
import type { Metadata } from '../../messages/metadata.ts'
import type { NewDelivery } from '../../ports/delivery-table.ts'
import { accountEventDelivery } from '../account-event-delivery.ts'

/** Where the session itself tells of none: another socket takes the place of the one that knew of the passkey. */
const INTERRUPTED: { reason: Reason; reasonText: string } = {
  reason: 'passkey_interrupted',
  reasonText: 'The session began anew before the passkey was there; link the phone with the next QR or code.',
}

interface Moment {
  /** Dotted. */
  state: string
  context: SessionContext
}

/**
 * What Laravel is told of a passkey that WhatsApp demands: that it is, that the owner must compare codes, or that nothing comes of
 * it. The code stands in no store: whoever delivers it takes it from the vault.
 */
export function passkeyEventOf(
  streamId: string,
  seq: number,
  { type, at }: SessionEvent,
  before: Moment | null,
  { state, context }: Moment,
  metadata: Metadata | null,
): NewDelivery | null {
  const { sessionId, userId, reason, reasonText } = context
  const news = (said: PasskeyEvent['state'], expiresAt: number) => {
    const why = said !== 'failed' ? null : reason === null ? INTERRUPTED : { reason, reasonText }
    const event: PasskeyEvent = {
      type: 'passkey',
      state: said,
      code: null,
      expires_at: new Date(expiresAt).toISOString(),
      reason: why?.reason ?? null,
      reason_text: why?.reasonText ?? null,
    }
    return accountEventDelivery({ streamId, sessionId, userId, metadata }, seq, at, event)
  }
  const deadline = context.passkey?.expiresAt ?? before?.context.passkey?.expiresAt ?? at
  if (type === 'passkey.asked') return news('required', deadline)
  if (type === 'passkey.codeShown') return news('confirm', deadline)
  const isOver = before !== null && hasTag(before.state, 'awaitsPasskey') && !hasTag(state, 'awaitsPasskey')
  const nothingCame = type === 'passkey.failed' || (isOver && context.waId === null)
  return nothingCame ? news('failed', deadline) : null
}
