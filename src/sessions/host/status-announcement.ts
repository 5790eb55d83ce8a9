import type { EstadoQr } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { estadoQrOf, splitState } from '../../../machines/session.state.ts'
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

/** The delivery of a status, in the session's own lane. */
export function statusDeliveryOf(
  streamId: string,
  seq: number,
  at: number,
  estadoQr: EstadoQr,
  dotted: string,
  context: SessionContext,
): NewDelivery {
  const { state, detail } = splitState(dotted)
  const payload: SessionStatusPayload = {
    session_id: context.sessionId,
    estado_qr: estadoQr,
    reason: context.reason,
    reason_text: context.reasonText,
    wa_id: context.waId,
    session_data: { state, detail, push_name: context.pushName, lid: context.lid },
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
