import { estadoQrOf, type SessionContext } from '../../machines/session.context.ts'
import type { SessionRow } from '../ports/session-table.ts'
import type { SessionView } from '../ports/sessions.ts'
import { splitState } from './host/state-name.ts'

const iso = (ms: number) => new Date(ms).toISOString()

/** A session as the API shows it, from its committed row. */
export function sessionViewOf(row: SessionRow): SessionView {
  const context = JSON.parse(row.context) as SessionContext
  const { state, detail } = splitState(row.state)
  const { current, published } = context.qr
  // A refused session has no socket any more, and its QR is nobody's.
  const shown = state === 'awaitingQr' && detail !== 'refused' && current !== null
  return {
    session_id: row.sessionId,
    user_id: row.userId,
    state,
    detail,
    estado_qr: estadoQrOf(row.state, context),
    wa_id: context.waId,
    lid: context.lid,
    push_name: context.pushName,
    created_at: iso(row.createdAt),
    last_activity: iso(row.lastActivity),
    attempts: context.attempts,
    retry_at: context.retryAt === null ? null : iso(context.retryAt),
    reason: context.reason,
    reason_text: context.reasonText,
    qr: shown ? { published_at: published && iso(published.at), expires_at: iso(current.expiresAt) } : null,
  }
}
