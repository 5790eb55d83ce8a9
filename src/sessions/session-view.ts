import { estadoQrOf, hasTag, splitState } from '../../machines/session.state.ts'
import type { SessionRow } from '../ports/session-table.ts'
import type { SessionView } from '../ports/sessions.ts'
import { readStoredSession } from './host/stored-session.ts'

const iso = (ms: number) => new Date(ms).toISOString()

/** A session as the API shows it, from its committed row. */
export function sessionViewOf(row: SessionRow): SessionView {
  const { state: dotted, context } = readStoredSession(row)
  const { state, detail } = splitState(dotted)
  const { current, published } = context.qr
  const shown = hasTag(dotted, 'awaitsScan') && current !== null
  return {
    session_id: row.sessionId,
    user_id: row.userId,
    state,
    detail,
    estado_qr: estadoQrOf(dotted, context),
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
