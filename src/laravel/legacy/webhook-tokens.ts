import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { WebhookTokens } from '../../ports/laravel.ts'
import { type HttpResult, parseJson } from '../exchange.ts'

/** More sessions than one machine carries. */
const REMEMBERED = 10_000

const account = z.object({ webhook_token: z.string().min(1) })

export interface KnownTokens extends WebhookTokens {
  /** Its webhook token, or why there is none now. Never rejects. */
  of(sessionId: string, signal?: AbortSignal): Promise<{ token: string } | { token: null; why: HttpResult }>
  /** Laravel did not take it: the next one asks anew. */
  forget(sessionId: string): void
}

/**
 * The webhook tokens of sessions: what `/start` said, else what Laravel answers to `GET /whatsapp/account/{id}`, which `ask` does. They
 * are secrets and live in memory alone, so that Laravel's own row stays the truth.
 */
export function createWebhookTokens(
  ask: (sessionId: string, signal?: AbortSignal) => Promise<HttpResult>,
): KnownTokens {
  const known = new LRUCache<string, string>({ max: REMEMBERED })
  return {
    remember: (sessionId, token) => void known.set(sessionId, token),
    forget: sessionId => void known.delete(sessionId),

    async of(sessionId, signal) {
      const token = known.get(sessionId)
      if (token !== undefined) return { token }
      const answer = await ask(sessionId, signal)
      if (answer.status !== 200) return { token: null, why: answer }
      const told = account.safeParse(parseJson(answer.body))
      if (!told.success) return { token: null, why: withoutToken }
      known.set(sessionId, told.data.webhook_token)
      return { token: told.data.webhook_token }
    },
  }
}

const withoutToken: HttpResult = {
  status: null,
  failure: 'network',
  detail: 'no webhook_token in the answer to GET /whatsapp/account/{id}',
}
