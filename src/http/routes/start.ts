import { Hono } from 'hono'
import type { z } from 'zod'
import type { Sessions } from '../../ports/sessions.ts'
import { readJson } from '../body.ts'
import { type HttpEnv, isAbout } from '../context.ts'
import type { startAnswer } from '../schemas/answers.ts'
import { startRequest } from '../schemas/requests.ts'
import { validate } from '../validation.ts'

export function startRoutes(sessions: Sessions): Hono<HttpEnv> {
  return new Hono<HttpEnv>().post('/start', async c => {
    const { user_id, session_id, phone_number } = validate(startRequest, await readJson(c))
    const session = await sessions.start({
      userId: user_id,
      ...(session_id !== undefined && { sessionId: session_id }),
      ...(phone_number !== undefined && { phoneNumber: phone_number }),
    })
    const answer: z.infer<typeof startAnswer> = {
      success: true,
      session_id: isAbout(c, session.sessionId),
      state: session.state,
    }
    return c.json(answer)
  })
}
