import type { Routing } from '../../ports/cluster/routing.ts'
import { NODE_HEADER } from './node-header.ts'

/** As long as somebody waits for it, in ms. */
const ANSWER_MS = 10_000

/** Asks something of a session that lives on another node, once and as that node's HTTP has it; what comes of it is not told. */
export type AskOwner = (sessionId: string, what: string, body: object) => Promise<void>

/** `what`: the end of the path, as `read` of `POST /sessions/{id}/read`. Rejects if the node does not answer. */
export const createAskOwner =
  ({ token, placeOf }: Pick<Routing, 'token' | 'placeOf'>): AskOwner =>
  async (sessionId, what, body) => {
    const place = await placeOf(sessionId)
    if (place === null || place === 'nowhere' || 'why' in place) return
    const answer = await fetch(`${place.url}/sessions/${encodeURIComponent(sessionId)}/${what}`, {
      method: 'POST',
      headers: { [NODE_HEADER]: token, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    await answer.body?.cancel()
  }

/** What the node of a session that lives elsewhere answers to a `GET /sessions/{id}/…`, as JSON; null: nothing of use, or it lives here. */
export type ReadOwner = (sessionId: string, what: string) => Promise<Record<string, unknown> | null>

/** Rejects if the node does not answer. */
export const createReadOwner =
  ({ token, proof, placeOf }: Pick<Routing, 'token' | 'proof' | 'placeOf'>): ReadOwner =>
  async (sessionId, what) => {
    const place = await placeOf(sessionId)
    if (place === null || place === 'nowhere' || 'why' in place) return null
    const answer = await fetch(`${place.url}/sessions/${encodeURIComponent(sessionId)}/${what}`, {
      headers: { [NODE_HEADER]: token },
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    if (answer.ok && answer.headers.get(NODE_HEADER) === proof)
      return (await answer.json()) as Record<string, unknown>
    await answer.body?.cancel()
    return null
  }
