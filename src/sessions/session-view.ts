import { estadoQrOf, type SessionContext } from '../../machines/session.context.ts'
import type { SessionView } from '../ports/session-queries.ts'
import type { SessionRow } from '../ports/session-table.ts'
import { splitState } from './host/state-name.ts'

/** A session as callers may know it, from its committed row. */
export function sessionViewOf(row: SessionRow): SessionView {
  const context = JSON.parse(row.context) as SessionContext
  const { state, detail } = splitState(row.state)
  const { current, published } = context.qr
  // A refused session has no socket any more, and its QR is nobody's.
  const shown = state === 'awaitingQr' && detail !== 'refused' && current !== null
  return {
    sessionId: row.sessionId,
    userId: row.userId,
    state,
    detail,
    estadoQr: estadoQrOf(row.state, context),
    waId: context.waId,
    lid: context.lid,
    pushName: context.pushName,
    createdAt: row.createdAt,
    lastActivity: row.lastActivity,
    attempts: context.attempts,
    retryAt: context.retryAt,
    reason: context.reason,
    reasonText: context.reasonText,
    qr: shown ? { publishedAt: published?.at ?? null, expiresAt: current.expiresAt } : null,
  }
}
