import { Hono } from 'hono'
import type { z } from 'zod'
import type { SessionQueries, Sessions } from '../../ports/sessions.ts'
import { ignoreBody, readJson } from '../body.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import type { doneAnswer, sessionAnswer, sessionsAnswer } from '../schemas/answers.ts'
import { deleteSessionRequest, sessionsQuery } from '../schemas/requests.ts'
import { pathSession, validate, validateQuery } from '../validation.ts'

/** How long a caller waits for a logout that WhatsApp has to confirm, counted from the request's arrival. */
export const LOGOUT_WAIT_MS = 4_000

type SessionAnswer = z.infer<typeof sessionAnswer>

export function sessionRoutes(sessions: Sessions, queries: SessionQueries): Hono<HttpEnv> {
  const show = (c: HttpContext) => {
    const answer: SessionAnswer = { success: true, session: queries.get(pathSession(c)) }
    return c.json(answer)
  }
  const remove = async (c: HttpContext, sessionId: string) => {
    const { done } = await sessions.remove(sessionId, c.get('arrival') + LOGOUT_WAIT_MS)
    const answer: z.infer<typeof doneAnswer> = { success: true }
    return c.json(answer, done ? 200 : 202)
  }
  const removeByPath = (c: HttpContext) => {
    ignoreBody(c)
    return remove(c, pathSession(c))
  }

  return new Hono<HttpEnv>()
    .get('/sessions', c => {
      const { limit, after, state, user_id, q } = validateQuery(c, sessionsQuery)
      const page = queries.list({
        limit,
        ...(after !== undefined && { after }),
        ...(state !== undefined && { state }),
        ...(user_id !== undefined && { userId: user_id }),
        ...(q !== undefined && { q }),
      })
      const { count, next } = page
      const answer: z.infer<typeof sessionsAnswer> = { success: true, count, sessions: page.sessions, next }
      return c.json(answer)
    })
    .get('/sessions/:id', show)
    .get('/session/:id', show)
    .delete('/sessions/:id', removeByPath)
    .delete('/session/:id', removeByPath)
    .post('/delete-session', async c => {
      const { session_id } = validate(deleteSessionRequest, await readJson(c))
      return remove(c, session_id)
    })
    .post('/sessions/:id/restart', async c => {
      ignoreBody(c)
      const answer: SessionAnswer = { success: true, session: await sessions.restart(pathSession(c)) }
      return c.json(answer)
    })
    .post('/sessions/:id/logout', async c => {
      ignoreBody(c)
      const { done, session } = await sessions.logout(pathSession(c), c.get('arrival') + LOGOUT_WAIT_MS)
      const answer: SessionAnswer = { success: true, session }
      return c.json(answer, done ? 200 : 202)
    })
}
