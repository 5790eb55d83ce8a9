import { Hono } from 'hono'
import type { Problem } from '../base/problem.ts'
import type { SessionOverview } from '../ports/dashboard/overview.ts'
import type { DashboardEnv } from './env.ts'
import type { DashboardParts } from './parts.ts'
import { toldProblem } from './words/told-problem.ts'

/** So many sessions at most in one answer: each costs two counts. */
const PAGE = 100
const LONGEST_ID = 200

/** What the scripts of the pages ask beside the API. */
export function overviewRoutes(parts: DashboardParts): Hono<DashboardEnv> {
  const { overview, facts, deliveries, now } = parts
  const head = async () => {
    await facts.catchUp()
    const follower = facts.follow(() => {})
    follower.end()
    return follower.head
  }
  return new Hono<DashboardEnv>()
    .get('/sessions', async c => {
      // Read before the sessions: what is committed later is told by the stream.
      const position = await head()
      const ids = c.req.queries('id')
      if (ids !== undefined) {
        const wanted = [...new Set(ids)].filter(id => id !== '' && id.length <= LONGEST_ID).slice(0, PAGE)
        const found = await overview.of(wanted)
        return c.json({ now: now(), position, sessions: found.map(toJson), next: null })
      }
      const { count, sessions, next } = await overview.page(c.req.query('after') ?? '', PAGE)
      return c.json({ now: now(), position, count, sessions: sessions.map(toJson), next })
    })
    .get('/figures', async c => {
      // Read before the figures: what is committed later is told by the stream.
      const position = await head()
      const [{ ready, problems, warnings }, counts] = await Promise.all([parts.ready(), deliveries.counts()])
      const told = (all: Problem[]) => all.map(problem => toldProblem(c.get('language'), problem))
      const health = { ready, problems: told(problems), warnings: told(warnings) }
      return c.json({ now: now(), position, ...counts, ...health })
    })
}

/** A session as the table of all of them shows it. */
const toJson = (session: SessionOverview) => ({
  session_id: session.sessionId,
  user_id: session.userId,
  state: session.state,
  detail: session.detail,
  estado_qr: session.estadoQr,
  wa_id: session.waId,
  push_name: session.pushName,
  reason: session.reason,
  reason_text: session.reasonText,
  since: session.since,
  created_at: session.createdAt,
  last_activity: session.lastActivity,
  retry_at: session.retryAt,
  qr_expires_at: session.qr?.expiresAt ?? null,
  by_code: session.byCode,
  passkey: session.passkey && { state: session.passkey.state, expires_at: session.passkey.expiresAt },
  waiting: session.waiting,
})
