import { Hono } from 'hono'
import type { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import type { WebhookTokens } from '../../ports/laravel.ts'
import type { SessionView } from '../../ports/session-queries.ts'
import type { Sessions, StartRequest } from '../../ports/sessions.ts'
import { readJson } from '../body.ts'
import { type HttpEnv, isAbout } from '../context.ts'
import type { Hop } from '../nodes/hop.ts'
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
    const request: StartRequest = {
      userId: user_id,
      ...(session_id !== undefined && { sessionId: session_id }),
      ...(phone_number !== undefined && { phoneNumber: phone_number }),
      ...(metadata !== undefined && { metadata }),
    }
    let session: SessionView
    try {
      session = await sessions.start(request)
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'SEQ_CONFLICT') throw error
      // Another node began it in the same moment: what it says counts.
      const begun = await hop(c, session_id, body)
      if (begun !== null) return begun
      session = await sessions.start(request)
    }
    if (token !== undefined) legacy?.remember(session.sessionId, token)
    const answer: z.infer<typeof startAnswer> = {
      success: true,
      session_id: isAbout(c, session.sessionId),
      state: session.state,
    }
    return c.json(answer)
  })
}
