import { Hono } from 'hono'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import type { SendOutcome, Sessions } from '../ports.ts'
import type { SendAnswer } from './answers.ts'
import { readJson } from './body.ts'
import type { HttpContext, HttpEnv } from './context.ts'
import { idempotencyKey, sendRequest } from './requests.ts'
import { invalid, validate } from './validation.ts'

/** `waitMs`: how long a caller waits for WhatsApp's ack, counted from the request's arrival. */
export function sendMessageRoutes(sessions: Sessions, waitMs: number): Hono<HttpEnv> {
  return new Hono<HttpEnv>().post('/send-message', async c => {
    const { sessionId, content, idempotencyKey } = validate(sendRequest, withKey(c, await readJson(c)))
    const outcome = await sessions.send(sessionId, content, c.get('arrival') + waitMs, idempotencyKey)
    const status = told(outcome)
    const answer: SendAnswer = {
      success: true,
      message_id: outcome.messageId,
      status,
      ...(outcome.replayed && { replayed: true }),
      response: { key: { id: outcome.messageId, remoteJid: outcome.remoteJid, fromMe: true } },
    }
    return c.json(answer, status === 'queued' || status === 'unknown' ? 202 : 200)
  })
}

/** The request with the key of its header, which must not contradict the body's. Throws VALIDATION_FAILED. */
function withKey(c: HttpContext, body: unknown): unknown {
  const header = c.req.header('idempotency-key')
  if (header === undefined || typeof body !== 'object' || body === null) return body
  const key = validate(z.object({ idempotency_key: idempotencyKey }), {
    idempotency_key: header,
  }).idempotency_key
  const own = 'idempotency_key' in body ? body.idempotency_key : null
  if (own !== null && own !== undefined && own !== key)
    throw invalid({ idempotency_key: ['must be the same as the header Idempotency-Key'] })
  return { ...body, idempotency_key: key }
}

/** What a caller is told: acknowledged by WhatsApp's server, not yet, or nobody knows; of an earlier send, how it stands now. */
function told({ status, replayed }: SendOutcome): SendAnswer['status'] {
  switch (status) {
    case 'delivered':
    case 'read':
    case 'played':
      return replayed ? status : 'sent'
    case 'sent':
    case 'queued':
    case 'unknown':
      return status
    case 'transmitted':
      return 'queued'
    case 'received':
    case 'failed':
      throw new GatewayError('WHATSAPP_REJECTED', 'WhatsApp did not take the message.')
  }
}
