import type { Routing } from '../../ports/cluster/routing.ts'
import { NODE_HEADER } from './node-header.ts'

/** As long as somebody waits for it, in ms. */
const ANSWER_MS = 10_000

/** `what`: the end of a path under `/sessions/{id}/`. Null: the session lives here, or nowhere. Rejects if its node does not answer. */
async function fetchOwner(
  { token, placeOf }: Pick<Routing, 'token' | 'placeOf'>,
  sessionId: string,
  what: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Response | null> {
  const place = await placeOf(sessionId)
  if (place === null || place === 'nowhere' || 'why' in place) return null
  return fetch(`${place.url}/sessions/${encodeURIComponent(sessionId)}/${what}`, {
    ...init,
    headers: { ...init.headers, [NODE_HEADER]: token },
    signal: AbortSignal.timeout(ANSWER_MS),
  })
}

/** Asks something of a session that lives on another node, once and as that node's HTTP has it; what comes of it is not told. */
export type AskOwner = (sessionId: string, what: string, body: object) => Promise<void>

/** `what`: the end of the path, as `read` of `POST /sessions/{id}/read`. Rejects if the node does not answer. */
export const createAskOwner =
  (routing: Pick<Routing, 'token' | 'placeOf'>): AskOwner =>
  async (sessionId, what, body) => {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetchOwner(routing, sessionId, what, init)
    await answer?.body?.cancel()
  }

/** What the node of a session that lives elsewhere answers to a `GET /sessions/{id}/…`, as JSON; null: nothing of use, or it lives here. */
export type ReadOwner = (sessionId: string, what: string) => Promise<Record<string, unknown> | null>

/** Rejects if the node does not answer. */
export const createReadOwner =
  (routing: Pick<Routing, 'token' | 'proof' | 'placeOf'>): ReadOwner =>
  async (sessionId, what) => {
    const answer = await fetchOwner(routing, sessionId, what)
    if (answer?.ok && answer.headers.get(NODE_HEADER) === routing.proof)
      return (await answer.json()) as Record<string, unknown>
    await answer?.body?.cancel()
    return null
  }
