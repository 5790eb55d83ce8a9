import { Hono } from 'hono'
import type { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import { callersOwnOf } from '../../messages/send.ts'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { HttpEnv } from '../context.ts'
import { toJson, toView } from '../fact-json.ts'
import { isoDate } from '../iso-date.ts'
import type { eventsAnswer, messageAnswer, momentAnswer } from '../schemas/answers.ts'
import { eventsQuery, momentPath } from '../schemas/requests.ts'
import { pathSession, validate, validateQuery } from '../validation.ts'

/** What happened to a session: its log, a moment in it, and the way of one message. */
export function eventRoutes(queries: SessionQueries): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/sessions/:id/events', async c => {
      const { after, limit } = validateQuery(c, eventsQuery)
      const page = await queries.events(pathSession(c), after, limit)
      const answer: z.infer<typeof eventsAnswer> = {
        events: page.events.map(toView),
        next: page.next,
      }
      return c.json(answer)
    })
    .get('/sessions/:id/at/:seq', async c => {
      const sessionId = pathSession(c)
      const { seq } = validate(momentPath, { seq: c.req.param('seq') })
      const moment = await queries.at(sessionId, seq)
      const answer: z.infer<typeof momentAnswer> = {
        success: true,
        session_id: sessionId,
        seq: moment.seq,
        at: isoDate(moment.at),
        state: moment.state,
        context: toJson(moment.context),
        can: moment.can,
      }
      return c.json(answer)
    })
    .get('/sessions/:id/messages/:message_id', async c => {
      const sessionId = pathSession(c)
      const messageId = c.req.param('message_id')
      if (messageId.length > 128) throw new GatewayError('MESSAGE_NOT_FOUND', 'No message has that id.')
      const message = await queries.message(sessionId, messageId)
      const own = callersOwnOf(message.content)
      const answer: z.infer<typeof messageAnswer> = {
        success: true,
        session_id: sessionId,
        message_id: message.messageId,
        chat_id: message.chatId,
        direction: message.direction,
        type: message.content.type,
        client_ref: own.client_ref ?? null,
        metadata: own.metadata ?? null,
        status: message.status,
        error: message.error,
        attempts: message.attempts,
        seq: message.seq,
        created_at: isoDate(message.at),
        history: message.history.map(({ status, at, error }) => ({
          status,
          at: isoDate(at),
          error: error ?? null,
        })),
      }
      return c.json(answer)
    })
}
