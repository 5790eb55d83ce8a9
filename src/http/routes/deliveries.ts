import { Hono } from 'hono'
import type { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import { chatOfLane, type DeliveryQuery } from '../../ports/delivery-table.ts'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { Sessions } from '../../ports/sessions.ts'
import type { ListedDelivery, Undelivered } from '../../ports/undelivered.ts'
import { ignoreBody, readJson } from '../body.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import type {
  deliveriesAnswer,
  deliveryAnswer,
  doneAnswer,
  replayAnswer,
  retryAnswer,
} from '../schemas/answers.ts'
import { deadQuery, deliveriesQuery, deliveryPath, replayRequest, retryRequest } from '../schemas/requests.ts'
import { pathSession, validate, validateQuery } from '../validation.ts'

type DeliveriesAnswer = z.infer<typeof deliveriesAnswer>

/** What Laravel did not take yet, or ever, and how it gets it after all. */
export function deliveryRoutes(
  undelivered: Undelivered,
  sessions: Sessions,
  queries: Pick<SessionQueries, 'get'>,
): Hono<HttpEnv> {
  async function list(query: DeliveryQuery): Promise<DeliveriesAnswer> {
    const { count, rows, next } = await undelivered.list(query)
    return { success: true, count, deliveries: rows.map(toJson), next }
  }

  return new Hono<HttpEnv>()
    .get('/deliveries', async c => {
      const { session_id, ...query } = validateQuery(c, deliveriesQuery)
      return c.json(await list({ ...query, sessionId: session_id }))
    })
    .get('/deliveries/dead', async c => {
      const { session_id, ...query } = validateQuery(c, deadQuery)
      return c.json(await list({ ...query, state: 'dead', sessionId: session_id }))
    })
    .get('/deliveries/:id', async c => {
      const row = await undelivered.find(pathDelivery(c))
      const answer: z.infer<typeof deliveryAnswer> = {
        success: true,
        delivery: { ...toJson(row), payload: row.payload },
      }
      return c.json(answer)
    })
    .post('/deliveries/retry', async c => {
      const { session_id } = validate(retryRequest, await readJson(c))
      // One that is not there has a name that is wrong.
      if (session_id !== undefined) await queries.get(session_id)
      const lanes = await undelivered.retry(session_id)
      return c.json({ success: true, lanes } satisfies z.infer<typeof retryAnswer>, 202)
    })
    .post('/deliveries/:id/redrive', async c => {
      ignoreBody(c)
      await undelivered.redrive(pathDelivery(c))
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

/** A delivery as the API shows it, without its words. */
function toJson(row: ListedDelivery): DeliveriesAnswer['deliveries'][number] {
  const { chat_id, message_id } = row.payload
  return {
    id: row.id,
    state: row.deadAt === null ? 'waiting' : 'dead',
    webhook_id: row.webhookId,
    kind: row.kind,
    session_id: row.sessionId,
    chat_id: typeof chat_id === 'string' ? chat_id : chatOfLane(row.lane),
    message_id: typeof message_id === 'string' ? message_id : null,
    seq: row.seq,
    attempts: row.attempts,
    error: row.lastError,
    cause: row.cause,
    created_at: isoDate(row.at),
    next_try_at: row.tryAt === null ? null : isoDate(row.tryAt),
    dead_at: row.deadAt === null ? null : isoDate(row.deadAt),
  }
}
