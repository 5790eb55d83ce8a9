import { Hono } from 'hono'
import type { z } from 'zod'
import type { SessionQueries, SessionView } from '../../ports/session-queries.ts'
import type { Sessions } from '../../ports/sessions.ts'
import { ignoreBody, readJson } from '../body.ts'
import { type HttpContext, type HttpEnv, isAbout } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import type { Hop } from '../nodes/hop.ts'
import type { doneAnswer, SessionJson, sessionAnswer, sessionsAnswer } from '../schemas/answers.ts'
import { deleteSessionRequest, sessionsQuery } from '../schemas/requests.ts'
import { pathSession, validate, validateQuery } from '../validation.ts'

/** How long a caller waits for a logout that WhatsApp has to confirm, counted from the request's arrival. */
export const LOGOUT_WAIT_MS = 4_000

type SessionAnswer = z.infer<typeof sessionAnswer>

export function sessionRoutes(sessions: Sessions, queries: SessionQueries, hop: Hop): Hono<HttpEnv> {
  const show = async (c: HttpContext) => c.json(answerOf(await queries.get(pathSession(c))))
  const deleteSession = async (c: HttpContext, sessionId: string) => {
    const { done } = await sessions.delete(sessionId, c.get('arrival') + LOGOUT_WAIT_MS)
    const answer: z.infer<typeof doneAnswer> = { success: true }
    return c.json(answer, done ? 200 : 202)
  }
  const deleteByPath = (c: HttpContext) => {
    ignoreBody(c)
    return deleteSession(c, pathSession(c))
  }

  return new Hono<HttpEnv>()
    .get('/sessions', async c => {
      const { limit, after, state, user_id, q } = validateQuery(c, sessionsQuery)
      const page = await queries.list({
        limit,
        ...(after !== undefined && { after }),
        ...(state !== undefined && { state }),
        ...(user_id !== undefined && { userId: user_id }),
        ...(q !== undefined && { q }),
      })
      const { count, next } = page
      const answer: z.infer<typeof sessionsAnswer> = {
        success: true,
        count,
        sessions: page.sessions.map(toJson),
        next,
      }
      return c.json(answer)
    })
    .get('/sessions/:id', show)
    .get('/session/:id', show)
    .delete('/sessions/:id', deleteByPath)
    .delete('/session/:id', deleteByPath)
    .post('/delete-session', async c => {
      const body = await readJson(c)
      const { session_id } = validate(deleteSessionRequest, body)
      const elsewhere = await hop(c, session_id, body)
      if (elsewhere !== null) return elsewhere
      return deleteSession(c, isAbout(c, session_id))
    })
    .post('/sessions/:id/restart', async c => {
      ignoreBody(c)
      return c.json(answerOf(await sessions.restart(pathSession(c))))
    })
    .post('/sessions/:id/logout', async c => {
      ignoreBody(c)
      const { done, session } = await sessions.logout(pathSession(c), c.get('arrival') + LOGOUT_WAIT_MS)
      return c.json(answerOf(session), done ? 200 : 202)
    })
}

function answerOf(session: SessionView): SessionAnswer {
  return { success: true, session: toJson(session) }
}

/** A session as the API shows it. */
function toJson(session: SessionView): SessionJson {
  const { retryAt, qr } = session
  return {
    session_id: session.sessionId,
    user_id: session.userId,
    state: session.state,
    detail: session.detail,
    estado_qr: session.estadoQr,
    wa_id: session.waId,
    lid: session.lid,
    push_name: session.pushName,
    created_at: isoDate(session.createdAt),
    last_activity: isoDate(session.lastActivity),
    attempts: session.attempts,
    retry_at: retryAt === null ? null : isoDate(retryAt),
    reason: session.reason,
    reason_text: session.reasonText,
    qr: qr && {
      published_at: qr.publishedAt === null ? null : isoDate(qr.publishedAt),
      expires_at: isoDate(qr.expiresAt),
    },
    metadata: session.metadata,
  }
}
