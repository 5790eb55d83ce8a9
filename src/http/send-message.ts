import { Hono } from 'hono'
import { type MessageStatus, type SendAnswer, sendRequest } from '../contract.ts'
import { GatewayError } from '../errors.ts'
import type { Sessions } from '../ports.ts'
import { readJson } from './body.ts'
import type { HttpEnv } from './context.ts'
import { validate } from './validation.ts'

/** `waitMs`: how long a caller waits for WhatsApp's ack, counted from the request's arrival. */
export function sendMessageRoutes(sessions: Sessions, waitMs: number): Hono<HttpEnv> {
  return new Hono<HttpEnv>().post('/send-message', async c => {
    const { sessionId, content } = validate(sendRequest, await readJson(c))
    const outcome = await sessions.send(sessionId, content, c.get('arrival') + waitMs)
    const status = told(outcome.status)
    const answer: SendAnswer = {
      success: true,
      message_id: outcome.messageId,
      status,
      response: { key: { id: outcome.messageId, remoteJid: outcome.remoteJid, fromMe: true } },
    }
    return c.json(answer, status === 'sent' ? 200 : 202)
  })
}

/** What a caller is told of a status: acknowledged by WhatsApp's server, not yet, or nobody knows. */
function told(status: MessageStatus): SendAnswer['status'] {
  switch (status) {
    case 'sent':
    case 'delivered':
    case 'read':
    case 'played':
    case 'received':
      return 'sent'
    case 'queued':
    case 'transmitted':
      return 'queued'
    case 'unknown':
      return 'unknown'
    case 'failed':
      throw new GatewayError('WHATSAPP_REJECTED', 'WhatsApp did not take the message.')
  }
}
