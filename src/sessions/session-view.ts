import { estadoQrOf, hasTag, splitState } from '../../machines/session.state.ts'
import type { PasskeyState, SessionView } from '../ports/session-queries.ts'
import type { SessionRow } from '../ports/session-table.ts'
import { showStoredSession, standingStill } from './host/stored-session.ts'

/** A session as callers may know it, from its committed row; `why` it stands still, whatever that says. */
export function sessionViewOf(row: SessionRow, why: string | null = null): SessionView {
  const { state: dotted, context } = why === null ? showStoredSession(row) : standingStill(row, why)
  const { state, detail } = splitState(dotted)
  const { current, published } = context.qr
  const shown = hasTag(dotted, 'awaitsScan') && current !== null
  return {
    sessionId: row.sessionId,
    userId: row.userId,
    metadata: row.metadata,
    state,
    detail,
    estadoQr: estadoQrOf(dotted, context),
    waId: context.waId || null,
    lid: context.lid,
    pushName: context.pushName,
    createdAt: row.createdAt,
    lastActivity: row.lastActivity,
    attempts: context.attempts,
    retryAt: context.retryAt,
    reason: context.reason,
    reasonText: context.reasonText,
    passkey: context.passkey
      ? { state: detail?.split('.').at(-1) as PasskeyState, expiresAt: context.passkey.expiresAt }
      : null,
    qr: shown ? { publishedAt: published?.at ?? null, expiresAt: current.expiresAt } : null,
  }
}
