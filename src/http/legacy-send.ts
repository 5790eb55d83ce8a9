import { Hono } from 'hono'
import type { Logger } from '../base/logger.ts'
import { readJson } from './body.ts'
import type { HttpContext, HttpEnv } from './context.ts'
import { createErrorHandler } from './errors.ts'
import { SEND_BODY_LIMIT, type SendHandler } from './routes/send-message.ts'
import { legacySend } from './schemas/requests.ts'
import { validate } from './validation.ts'

/** Answers that stay: what is not there, and who has to wait. */
const KEPT = new Set([404, 429])

/** Sending, for applications of the gateway before this one: `POST /send` beside `/send-message`, and whatever is the caller's fault is a 400. */
export function legacySendRoutes(send: SendHandler, logger: Logger): Hono<HttpEnv> {
  const answerError = createErrorHandler(logger)
  return new Hono<HttpEnv>()
    .onError(async (error, c) => asBefore(c, answerError(error, c)))
    .post('/send-message', async c => send(c, await readJson(c, SEND_BODY_LIMIT)))
    .post('/send', async c => {
      const { session_id, to, message } = validate(legacySend, await readJson(c))
      return send(c, { session_id, wa_id: to, type: 'text', body: message })
    })
}

async function asBefore(c: HttpContext, answer: Response): Promise<Response> {
  if (answer.status < 400 || answer.status >= 500) return answer
  const body = (await answer.json()) as { error: string }
  if (body.error === 'SESSION_NOT_FOUND')
    return c.json({ success: false, error: 'Sesión no encontrada' }, 404)
  return c.json(body, KEPT.has(answer.status) ? (answer.status as 404) : 400)
}
