import { Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { GatewayError } from '../../base/errors.ts'
import type { CommittedFact, CommittedFacts, StoredEvent } from '../../ports/event-log.ts'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { type EventStreams, type Follow, HEARTBEAT, type Tail, type Told } from '../event-streams.ts'
import { toView } from '../fact-json.ts'
import { streamQuery } from '../schemas/requests.ts'
import { pathSession, validate } from '../validation.ts'

/** So many facts are read from the store at once. */
const PAGE = 100
/** Who was away for longer than that reads anew what it needs. */
const MOST_MISSED = 10_000

/** The log of all sessions, or of one, as it grows: what is committed, each fact once, from where the client was cut off. */
export function eventStreamRoutes(
  streams: EventStreams,
  facts: Pick<CommittedFacts, 'between'>,
  queries: Pick<SessionQueries, 'events'>,
): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/events', c => {
      const after = lastEventId(c)
      return streams.serve(c, follow => ofAll(facts, after, follow))
    })
    .get('/sessions/:id/events', async (c, next) => {
      if (!wantsStream(c)) return next()
      const sessionId = pathSession(c)
      const after = lastEventId(c) ?? 0
      // A session that is not there is refused before the stream begins.
      const life = await queries.events(sessionId, after, 1)
      return streams.serve(c, follow => ofSession(queries, sessionId, life, after, follow))
    })
}

async function* ofAll(
  facts: Pick<CommittedFacts, 'between'>,
  after: number | null,
  follow: Follow,
): AsyncIterable<Told> {
  const tail = await follow()
  const start = after ?? tail.head
  const missed = start > tail.head ? null : await facts.between(start, tail.head, MOST_MISSED)
  if (missed === null) yield reset(tail.head)
  // Without data no client is told of it, and each remembers the id.
  else if (missed.length === 0) yield `id: ${start}\n\n`
  for (const fact of missed ?? []) yield ofAny(fact)
  for await (const fact of tail.facts) yield fact === HEARTBEAT ? fact : ofAny(fact)
}

const ofAny = (fact: CommittedFact): Told => ({
  id: String(fact.position),
  data: JSON.stringify({ session_id: fact.sessionId, ...toView(fact) }),
})

async function* ofSession(
  queries: Pick<SessionQueries, 'events'>,
  sessionId: string,
  life: { streamId: string; lastSeq: number },
  after: number,
  follow: Follow,
): AsyncIterable<Told> {
  let seq = after
  // It was never so far: what the client read was another life of it.
  if (after > life.lastSeq) {
    yield reset(0)
    seq = 0
  }
  let tail: Tail | null = null
  for (let isWhole = false; !isWhole; ) {
    const page = await pageOf(queries, sessionId, seq)
    if (page?.streamId !== life.streamId) return
    const { streamId, events } = page
    for (const event of events) {
      seq = event.seq
      yield ofOne(event)
    }
    if (events.length === PAGE) continue
    isWhole = tail !== null
    // What is committed from now on comes this way; what was while that page was read stands in one more.
    tail ??= await follow(streamId)
  }
  for await (const fact of tail!.facts) {
    if (fact === HEARTBEAT) yield fact
    else if (fact.seq > seq) yield ofOne(fact)
    if (fact !== HEARTBEAT && fact.type === 'session.deleted') return
  }
}

/** Null: it was deleted meanwhile. */
async function pageOf(queries: Pick<SessionQueries, 'events'>, sessionId: string, after: number) {
  try {
    return await queries.events(sessionId, after, PAGE)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'SESSION_NOT_FOUND') return null
    throw error
  }
}

const ofOne = (event: StoredEvent): Told => ({ id: String(event.seq), data: JSON.stringify(toView(event)) })

/** More was missed than can be told, or what is asked for was never there: the client reads anew what it needs. */
const reset = (id: number): Told => ({ event: 'reset', data: '{}', id: String(id) })

/** Where the client was cut off, or wants to begin; null: now. */
function lastEventId(c: HttpContext): number | null {
  const after = c.req.header('last-event-id') || c.req.query('after') || undefined
  return validate(streamQuery, { after }).after ?? null
}

const wantsStream = (c: HttpContext) =>
  accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/event-stream'],
    default: 'application/json',
  }) === 'text/event-stream'
