import type { SessionEvent } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { hasTag } from '../../../machines/session.state.ts'
import type { NewDelivery } from '../../ports/delivery-table.ts'
import { accountEventDelivery } from '../account-event-delivery.ts'

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
): NewDelivery | null {
  const news = (said: 'required' | 'confirm' | 'failed', expiresAt: number) =>
    accountEventDelivery({ streamId, sessionId: context.sessionId }, seq, at, {
      type: 'passkey',
      state: said,
      code: null,
      expires_at: new Date(expiresAt).toISOString(),
      reason: said === 'failed' ? context.reason : null,
      reason_text: said === 'failed' ? context.reasonText : null,
    })
  const deadline = context.passkey?.expiresAt ?? before?.context.passkey?.expiresAt ?? at
  if (type === 'passkey.asked') return news('required', deadline)
  if (type === 'passkey.codeShown') return news('confirm', deadline)
  const isOver = before !== null && hasTag(before.state, 'awaitsPasskey') && !hasTag(state, 'awaitsPasskey')
  const nothingCame = type === 'passkey.failed' || (isOver && context.waId === null)
  return nothingCame ? news('failed', deadline) : null
}
