import { Hono } from 'hono'
import type { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import type { DeadLetters } from '../../ports/dead-letters.ts'
import type { DeliveryRow } from '../../ports/delivery-table.ts'
import type { Sessions } from '../../ports/sessions.ts'
import { ignoreBody, readJson } from '../body.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import type { deadAnswer, doneAnswer, replayAnswer } from '../schemas/answers.ts'
import { deadQuery, deliveryPath, replayRequest } from '../schemas/requests.ts'
import { pathSession, validate, validateQuery } from '../validation.ts'

type DeadAnswer = z.infer<typeof deadAnswer>

/** What Laravel did not take, and how it gets it after all. */
export function deliveryRoutes(deadLetters: DeadLetters, sessions: Sessions): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/deliveries/dead', c => {
      const { limit, before } = validateQuery(c, deadQuery)
      const { count, rows } = deadLetters.list(limit, before)
      const last = rows.length === limit ? rows.at(-1) : undefined
      const answer: DeadAnswer = {
        success: true,
        count,
        deliveries: rows.map(toJson),
        next: last?.id ?? null,
      }
      return c.json(answer)
    })
    .post('/deliveries/:id/redrive', async c => {
      ignoreBody(c)
      await deadLetters.redrive(pathDelivery(c))
      return c.json({ success: true } satisfies z.infer<typeof doneAnswer>, 202)
    })
    .post('/sessions/:id/replay', async c => {
      const sessionId = pathSession(c)
      const { after, until = Number.MAX_SAFE_INTEGER } = validate(replayRequest, await readJson(c))
      const replayed = await sessions.replay(sessionId, after, until)
      return c.json({ success: true, replayed } satisfies z.infer<typeof replayAnswer>, 202)
    })
}

function pathDelivery(c: HttpContext): number {
  const result = deliveryPath.safeParse({ id: c.req.param('id') })
  if (result.success) return result.data.id
  throw new GatewayError('DELIVERY_NOT_FOUND', 'No delivery has that id.')
}

/** A dead letter as the API shows it, without its words. */
function toJson(row: DeliveryRow): DeadAnswer['deliveries'][number] {
  const { message_id } = row.payload
  return {
    id: row.id,
    webhook_id: row.webhookId,
    kind: row.kind,
    session_id: row.sessionId,
    message_id: typeof message_id === 'string' ? message_id : null,
    seq: row.seq,
    attempts: row.attempts,
    error: row.lastError,
    created_at: isoDate(row.at),
    dead_at: isoDate(row.deadAt!),
  }
}
