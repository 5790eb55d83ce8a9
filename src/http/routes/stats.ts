import { Hono } from 'hono'
import type { z } from 'zod'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { DeliveryFigures, Undelivered } from '../../ports/undelivered.ts'
import type { HttpEnv } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import type { statsAnswer } from '../schemas/answers.ts'
import { statsQuery } from '../schemas/requests.ts'
import { validateQuery } from '../validation.ts'

export function statsRoutes(
  queries: SessionQueries,
  undelivered: Pick<Undelivered, 'figures'>,
  now: () => number,
): Hono<HttpEnv> {
  return new Hono<HttpEnv>().get('/stats', async c => {
    const { by_state } = validateQuery(c, statsQuery)
    const { sessions, qr, byState } = queries.stats()
    const { totalSessions, activeSessions, inactiveSessions, oldestSession } = sessions
    const answer: z.infer<typeof statsAnswer> = {
      sessions: { totalSessions, activeSessions, inactiveSessions, oldestSession },
      qr: { pendingQR: qr.pendingQR, trackedSessions: qr.trackedSessions },
      timestamp: isoDate(now()),
      ...(by_state && { by_state: byState, deliveries: deliveriesOf(await undelivered.figures(), now()) }),
    }
    return c.json(answer)
  })
}

const deliveriesOf = ({ waiting, dead, oldestAt }: DeliveryFigures, now: number) => ({
  waiting,
  dead,
  oldest_waiting_ms: oldestAt === null ? 0 : Math.max(0, now - oldestAt),
})
