import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../base/errors.ts'
import type { HttpContext } from './context.ts'

export const BODY_LIMIT = 1024 * 1024

const FORM_LIMIT = 8 * 1024

/** The fields of a form that a browser sends. Throws UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, or BAD_REQUEST as below. */
export async function readForm(c: HttpContext): Promise<URLSearchParams> {
  checkBody(c, 'application/x-www-form-urlencoded', FORM_LIMIT)
  return new URLSearchParams((await readBytes(c, FORM_LIMIT)).toString())
}

/**
 * The request's JSON. Throws UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, MALFORMED_JSON, or BAD_REQUEST when the
 * caller hung up. Hono's own body limit needs node-server's global Request, which would reach the whole process.
 */
export async function readJson(c: HttpContext, limit = BODY_LIMIT): Promise<unknown> {
  checkJson(c, limit)
  const text = decode(await readBytes(c, limit))
  try {
    return JSON.parse(text)
  } catch {
    throw new GatewayError('MALFORMED_JSON', 'The body is not JSON.')
  }
}

/** Bytes in another encoding would go out as words that nobody wrote. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new GatewayError('MALFORMED_JSON', 'The body is not JSON in UTF-8.')
  }
}

/** For writes that take no fields: a body, if there is one, still has to be JSON. */
export function ignoreBody(c: HttpContext): void {
  if (hasBody(c)) checkJson(c, BODY_LIMIT)
}

const checkJson = (c: HttpContext, limit: number) => checkBody(c, 'application/json', limit)

function checkBody(c: HttpContext, wanted: string, limit: number): void {
  const type = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== wanted) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', `Content-Type must be ${wanted}.`)
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase()
  if (encoding !== undefined && encoding !== 'identity')
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed.')
  if (Number(c.req.header('content-length') ?? 0) > limit) throw tooLarge(limit)
}

function hasBody(c: HttpContext): boolean {
  if (incoming(c) === undefined) return c.req.raw.body !== null
  return c.req.header('transfer-encoding') !== undefined || Number(c.req.header('content-length') ?? 0) > 0
}

/** Throws PAYLOAD_TOO_LARGE, or BAD_REQUEST when the caller hung up. */
export async function readBytes(c: HttpContext, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // A destroyed stream is not drained, and a caller still sending would hang.
    const body: AsyncIterable<Uint8Array> | null | undefined =
      incoming(c)?.iterator({ destroyOnReturn: false }) ?? c.req.raw.body
    for await (const chunk of body ?? []) {
      size += chunk.byteLength
      if (size > limit) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new GatewayError('BAD_REQUEST', 'The body ended before it was complete.', { cause })
  }
  if (size > limit) throw tooLarge(limit)
  return Buffer.concat(chunks)
}

/** Node's own request; there is none under `app.request()`. */
function incoming(c: HttpContext): IncomingMessage | undefined {
  return (c.env as HttpContext['env'] | undefined)?.incoming
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes.`)
}
