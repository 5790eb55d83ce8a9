import { Hono } from 'hono'
import type { z } from 'zod'
import { LATEST_DATE } from '../../base/dates.ts'
import { GatewayError } from '../../base/errors.ts'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { HttpEnv } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import type { eventsAnswer, messageAnswer, momentAnswer } from '../schemas/answers.ts'
import { eventsQuery, momentPath } from '../schemas/requests.ts'
import { pathSession, validate, validateQuery } from '../validation.ts'

/** What happened to a session: its log, a moment in it, and the way of one message. */
export function eventRoutes(queries: SessionQueries): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/sessions/:id/events', c => {
      const { after, limit } = validateQuery(c, eventsQuery)
      const page = queries.events(pathSession(c), after, limit)
      const answer: z.infer<typeof eventsAnswer> = {
        events: page.events.map(({ seq, at, type, data }) => ({
          seq,
          at: isoDate(at),
          type,
          data: toJson(data),
        })),
        next: page.next,
      }
      return c.json(answer)
    })
    .get('/sessions/:id/at/:seq', c => {
      const sessionId = pathSession(c)
      const { seq } = validate(momentPath, { seq: c.req.param('seq') })
      const moment = queries.at(sessionId, seq)
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
    .get('/sessions/:id/messages/:message_id', c => {
      const sessionId = pathSession(c)
      const messageId = c.req.param('message_id')
      if (messageId.length > 128) throw new GatewayError('MESSAGE_NOT_FOUND', 'No message has that id.')
      const message = queries.message(sessionId, messageId)
      const answer: z.infer<typeof messageAnswer> = {
        success: true,
        session_id: sessionId,
        message_id: message.messageId,
        chat_id: message.chatId,
        direction: message.direction,
        type: message.content.type,
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

/** Facts and contexts as the contract spells JSON: keys in snake_case, times (`at`, `…At`, `until`) as ISO dates. */
function toJson(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      typeof value === 'number' && /^(?:at|until)$|(?:At|Until)$/.test(name)
        ? timeToJson(value)
        : valueToJson(value),
    ]),
  )
}

function valueToJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueToJson)
  return typeof value === 'object' && value !== null ? toJson(value as Record<string, unknown>) : value
}

function timeToJson(value: number): string | number {
  return value > 0 && value <= LATEST_DATE ? isoDate(value) : value
}
