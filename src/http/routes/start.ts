import { Hono } from 'hono'
import type { z } from 'zod'
import type { WebhookTokens } from '../../ports/laravel.ts'
import type { Sessions } from '../../ports/sessions.ts'
import { readJson } from '../body.ts'
import { type HttpEnv, isAbout } from '../context.ts'
import type { Hop } from '../hop.ts'
import type { startAnswer } from '../schemas/answers.ts'
import { legacyStart, startRequest } from '../schemas/requests.ts'
import { validate } from '../validation.ts'

/** `legacy` hears of the webhook token that an existing application gives; without it there is no such field. */
export function startRoutes(sessions: Sessions, hop: Hop, legacy?: WebhookTokens): Hono<HttpEnv> {
  return new Hono<HttpEnv>().post('/start', async c => {
    const body = await readJson(c)
    const { user_id, session_id, phone_number, metadata } = validate(startRequest, body)
    const token = legacy && validate(legacyStart, body).webhook_token
    const elsewhere = await hop(c, session_id, body)
    if (elsewhere !== null) return elsewhere
    const session = await sessions.start({
      userId: user_id,
      ...(session_id !== undefined && { sessionId: session_id }),
      ...(phone_number !== undefined && { phoneNumber: phone_number }),
      ...(metadata !== undefined && { metadata }),
    })
    if (token !== undefined) legacy?.remember(session.sessionId, token)
    const answer: z.infer<typeof startAnswer> = {
      success: true,
      session_id: isAbout(c, session.sessionId),
      state: session.state,
    }
    return c.json(answer)
  })
}
