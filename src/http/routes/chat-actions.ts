import { Hono } from 'hono'
import type { z } from 'zod'
import type { Sessions } from '../../ports/sessions.ts'
import { readJson } from '../body.ts'
import type { HttpEnv } from '../context.ts'
import type { doneAnswer, numberAnswer } from '../schemas/answers.ts'
import { numberPath, presenceRequest, readRequest } from '../schemas/requests.ts'
import { pathSession, validate } from '../validation.ts'

const DONE: z.infer<typeof doneAnswer> = { success: true }

/** What an open session does beside sending. */
export function chatRoutes(sessions: Sessions): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/sessions/:id/numbers/:phone', async c => {
      const { phone } = validate(numberPath, { phone: c.req.param('phone') })
      const found = await sessions.lookup(pathSession(c), phone)
      const answer: z.infer<typeof numberAnswer> = { success: true, phone, ...found }
      return c.json(answer)
    })
    .post('/sessions/:id/read', async c => {
      const { message_ids } = validate(readRequest, await readJson(c))
      await sessions.markRead(pathSession(c), message_ids)
      return c.json(DONE)
    })
    .post('/sessions/:id/presence', async c => {
      const { presence, chat_id } = validate(presenceRequest, await readJson(c))
      await sessions.showPresence(pathSession(c), presence, chat_id)
      return c.json(DONE)
    })
}
