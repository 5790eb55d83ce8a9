import type { EstadoQr } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { estadoQrOf, hasTag, splitState } from '../../../machines/session.state.ts'
import type { Metadata } from '../../messages/metadata.ts'
import { laneOf, type NewDelivery, type SessionStatusPayload } from '../../ports/delivery-table.ts'

/** What a lifecycle row means for Laravel: nothing, a silent change, or a status to deliver. */
export type Announcement = { estadoQr: EstadoQr; deliver: boolean } | null

/**
 * Decides what Laravel must learn from a fact: changes only, `pending` not before the first QR reached it, and never
 * what its own answer caused.
 */
export function announcementOf(
  announced: EstadoQr | null,
  factType: string,
  state: string,
  context: SessionContext,
): Announcement {
  const estadoQr = estadoQrOf(state, context)
  if (estadoQr === announced) return null
  if (estadoQr === 'pending' && context.qr.published === null) return null
  return { estadoQr, deliver: factType !== 'laravel.answered' }
}

/** A session that ends with its deletion is not to be started again, whatever led to that. */
function whyOf(dotted: string, { intent, reason, reasonText }: SessionContext) {
  if (intent !== 'delete' || !hasTag(dotted, 'loggedOut')) return { reason, reason_text: reasonText }
  return { reason: 'logged_out', reason_text: 'The session was deleted; nothing of it is left here.' }
}

/** The delivery of a status, in the session's own lane. */
export function statusDeliveryOf(
  streamId: string,
  seq: number,
  at: number,
  estadoQr: EstadoQr,
  dotted: string,
  context: SessionContext,
  metadata: Metadata | null,
): NewDelivery {
  const { state, detail } = splitState(dotted)
  const payload: SessionStatusPayload = {
    session_id: context.sessionId,
    user_id: context.userId,
    estado_qr: estadoQr,
    ...whyOf(dotted, context),
    wa_id: context.waId,
    session_data: { state, detail, push_name: context.pushName, lid: context.lid },
    metadata,
  }
  return {
    webhookId: `${streamId}.${seq}.status`,
    kind: 'status',
    lane: laneOf.status(streamId),
    sessionId: context.sessionId,
    seq,
    at,
    payload,
  }
}
