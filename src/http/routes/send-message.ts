import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { SendContent } from '../../messages/send.ts'
import type { MediaPreparer } from '../../ports/media/media-preparer.ts'
import type { SendOutcome, Sessions } from '../../ports/sessions.ts'
import { BODY_LIMIT, readJson } from '../body.ts'
import { type HttpContext, type HttpEnv, isAbout } from '../context.ts'
import type { Hops, NobodyDid } from '../nodes/hop.ts'
import type { SendAnswer } from '../schemas/answers.ts'
import { BASE64_MAX_BYTES } from '../schemas/base64-file.ts'
import { idempotencyKey, type SendRequest, sendRequest } from '../schemas/send-request.ts'
import { invalid, validate } from '../validation.ts'

/** Base64 takes a third more, and broken into lines of 76 (MIME) two escaped characters a line, or four. */
export const SEND_BODY_LIMIT = BODY_LIMIT + Math.ceil((Math.ceil(BASE64_MAX_BYTES / 3) * 4 * 80) / 76)

/** Sends what a request's JSON asks for, and answers it. */
export type SendHandler = (c: HttpContext, body: unknown) => Promise<Response>

/** How long a node that has the session may take beyond what WhatsApp may take, in ms. */
const MARGIN_MS = 6_000
/** How often it is asked whether a session has arrived at its next node, in ms. */
const LOOK_AGAIN_MS = 100

/** Why a session that was here a moment ago takes nothing: it is another node's by now, and nothing was stored. */
const WENT = ['NOT_READY', 'SHUTTING_DOWN', 'EPOCH_CONFLICT']

export interface SendHandlerParts {
  sessions: Sessions
  media: Pick<MediaPreparer, 'keep'>
  /** How long a caller waits for WhatsApp's ack, counted from the request's arrival. */
  waitMs: number
  hops: Pick<Hops, 'ask' | 'isFromNode'>
  clock: Clock
}

export function createSendHandler({ sessions, media, waitMs, hops, clock }: SendHandlerParts): SendHandler {
  const { leaveSend } = sessions
  /** The file that came with the request, in the media store. */
  const withFile = async ({ content, file }: SendRequest): Promise<SendContent> => {
    if (file === undefined || !('media' in content)) return content
    const { id } = await media.keep(Readable.from([file]))
    return { ...content, media: { ...content.media, id } }
  }

  /** Resolves with why the session takes nothing here, if it may elsewhere. */
  async function sendHere(c: HttpContext, request: SendRequest): Promise<SendOutcome | GatewayError> {
    const { sessionId, file, idempotencyKey } = request
    try {
      if (file !== undefined) await sessions.checkSend(sessionId, idempotencyKey)
      return await sessions.send(
        sessionId,
        await withFile(request),
        c.get('arrival') + waitMs,
        idempotencyKey,
      )
    } catch (error) {
      if (leaveSend !== undefined && error instanceof GatewayError && WENT.includes(error.code)) return error
      throw error
    }
  }

  /** For a session that nobody has; resolves with why not, if whoever has it is to be asked once more. */
  async function leave(request: SendRequest, nobody: NobodyDid): Promise<SendOutcome | GatewayError> {
    const { sessionId, idempotencyKey } = request
    const { refusal, moving, node, mayHaveArrived } = nobody
    if (moving) return refusal
    // Without a key a second copy could go out beside the first.
    if (leaveSend === undefined || (mayHaveArrived && idempotencyKey === undefined)) throw refusal
    return (await leaveSend(sessionId, await withFile(request), node, idempotencyKey)) ?? refusal
  }

  /** Has the session's node send, wherever that is by now; while no node has it, its next one will. */
  async function send(c: HttpContext, body: unknown, request: SendRequest): Promise<SendOutcome | Response> {
    const until = c.get('arrival') + waitMs + MARGIN_MS
    for (;;) {
      const asked = await hops.ask(c, request.sessionId, body, {
        path: '/send-message',
        withinMs: waitMs + MARGIN_MS,
      })
      if (asked instanceof Response) return asked
      const outcome = asked === null ? await sendHere(c, request) : await leave(request, asked)
      if (!(outcome instanceof GatewayError)) return outcome
      if (hops.isFromNode(c) || clock.now() >= until) throw outcome
      await new Promise<void>(resolve => void clock.setTimeout(resolve, LOOK_AGAIN_MS))
    }
  }

  return async (c, body) => {
    const request = validate(sendRequest, withKey(c, body))
    isAbout(c, request.sessionId)
    const outcome = await send(c, body, request)
    if (outcome instanceof Response) return outcome
    const status = statusFor(outcome)
    const answer: SendAnswer = {
      success: true,
      message_id: outcome.messageId,
      client_ref: request.content.client_ref ?? null,
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
