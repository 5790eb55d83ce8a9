import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import type { SendContent } from '../../messages/send.ts'
import type { MediaPreparer } from '../../ports/media/media-preparer.ts'
import type { SendOutcome, Sessions } from '../../ports/sessions.ts'
import { BODY_LIMIT, readJson } from '../body.ts'
import { type HttpContext, type HttpEnv, isAbout } from '../context.ts'
import type { Hop } from '../hop.ts'
import type { SendAnswer } from '../schemas/answers.ts'
import { BASE64_MAX_BYTES } from '../schemas/base64-file.ts'
import { idempotencyKey, sendRequest } from '../schemas/send-request.ts'
import { invalid, validate } from '../validation.ts'

/** Base64 takes a third more, and broken into lines of 76 (MIME) two escaped characters a line, or four. */
export const SEND_BODY_LIMIT = BODY_LIMIT + Math.ceil((Math.ceil(BASE64_MAX_BYTES / 3) * 4 * 80) / 76)

/** Sends what a request's JSON asks for, and answers it. */
export type SendHandler = (c: HttpContext, body: unknown) => Promise<Response>

/** `waitMs`: how long a caller waits for WhatsApp's ack, counted from the request's arrival. */
export function createSendHandler(
  sessions: Sessions,
  media: Pick<MediaPreparer, 'keep'>,
  waitMs: number,
  hop: Hop,
): SendHandler {
  /** The file that came with the request, in the media store. */
  const withFile = async (content: SendContent, bytes: Buffer): Promise<SendContent> => {
    if (!('media' in content)) return content
    const { id } = await media.keep(Readable.from([bytes]))
    return { ...content, media: { ...content.media, id } }
  }
  return async (c, body) => {
    const { sessionId, content, file, idempotencyKey } = validate(sendRequest, withKey(c, body))
    isAbout(c, sessionId)
    const elsewhere = await hop(c, sessionId, body, '/send-message')
    if (elsewhere !== null) return elsewhere
    if (file !== undefined) await sessions.checkSend(sessionId, idempotencyKey)
    const complete = file === undefined ? content : await withFile(content, file)
    const outcome = await sessions.send(sessionId, complete, c.get('arrival') + waitMs, idempotencyKey)
    const status = statusFor(outcome)
    const answer: SendAnswer = {
      success: true,
      message_id: outcome.messageId,
      client_ref: content.client_ref ?? null,
      status,
      ...(outcome.replayed && { replayed: true }),
      response: { key: { id: outcome.messageId, remoteJid: outcome.address, fromMe: true } },
    }
    return c.json(answer, status === 'queued' || status === 'unknown' ? 202 : 200)
  }
}

export function sendMessageRoutes(send: SendHandler): Hono<HttpEnv> {
  return new Hono<HttpEnv>().post('/send-message', async c => send(c, await readJson(c, SEND_BODY_LIMIT)))
}

/** Node gives the bytes of a header as Latin-1; PHP and most others send UTF-8, a few Latin-1 itself. */
function headerText(header: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'))
  } catch {
    return header
  }
}

/** The request with the key of its header, which must not contradict the body's. Throws VALIDATION_FAILED. */
function withKey(c: HttpContext, body: unknown): unknown {
  const given = c.req.header('idempotency-key')
  const header = given && headerText(given)
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
function statusFor({ status, replayed }: SendOutcome): SendAnswer['status'] {
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
