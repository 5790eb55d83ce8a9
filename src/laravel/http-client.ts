import ky from 'ky'
import { Agent, request as undiciRequest } from 'undici'
import type { Clock } from '../base/clock.ts'

/** What came of one request: never a rejection. */
export type HttpResult =
  /** `body` is empty when it was longer than 64 KiB or broke off. */
  | { status: number; retryAfter: string | null; body: string }
  /** `detail` is an error code such as ECONNREFUSED; `sent` tells that Laravel may have seen the request. */
  | { status: null; failure: 'timeout' | 'network' | 'aborted'; detail: string; sent: boolean }

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: string
  signal?: AbortSignal | undefined
}

const BODY_LIMIT = 64 * 1024
const CONNECTIONS = 64

/** Ends of a connection that was there: Laravel may have seen the request. */
const BROKE_OFF = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/**
 * One keep-alive pool and one way to use it: no retries, no redirects followed, any status is an answer, and request and answer
 * end within `timeoutMs`. A body goes out with Content-Length.
 */
export function createHttpClient(options: { clock: Clock; timeoutMs: number }) {
  const { clock, timeoutMs } = options
  const agent = new Agent({ connections: CONNECTIONS })
  const client = ky.create({ retry: 0, timeout: false })

  async function sendThroughPool(head: Request, body: string | undefined, signal: AbortSignal) {
    const answer = await undiciRequest(head.url, {
      method: head.method as HttpRequest['method'],
      headers: head.headers,
      body: body ?? null,
      signal,
      dispatcher: agent,
    })
    return {
      status: answer.statusCode,
      retryAfter: answer.headers['retry-after']?.toString() ?? null,
      body: await readLimited(answer.body),
    }
  }

  async function send(request: HttpRequest): Promise<HttpResult> {
    if (request.signal?.aborted) return { status: null, failure: 'aborted', detail: 'aborted', sent: false }
    const controller = new AbortController()
    const abort = () => controller.abort()
    let timedOut = false
    const timer = clock.setTimeout(() => {
      timedOut = true
      abort()
    }, timeoutMs)
    request.signal?.addEventListener('abort', abort, { once: true })
    try {
      let answer: HttpResult = { status: null, failure: 'network', detail: 'not sent', sent: false }
      await client(request.url, {
        method: request.method,
        headers: request.headers,
        // Web streams and chains of signals are three quarters of the CPU of a fetch: bodies and signal go past ky.
        fetch: async head => {
          answer = await sendThroughPool(head as Request, request.body, controller.signal)
          return new Response()
        },
      })
      return answer
    } catch (error) {
      if (timedOut)
        return { status: null, failure: 'timeout', detail: `timeout after ${timeoutMs / 1000} s`, sent: true }
      if (request.signal?.aborted) return { status: null, failure: 'aborted', detail: 'aborted', sent: true }
      const detail = codeOf(error)
      return { status: null, failure: 'network', detail, sent: BROKE_OFF.has(detail) }
    } finally {
      clock.clearTimeout(timer)
      request.signal?.removeEventListener('abort', abort)
    }
  }

  return { send, close: () => agent.destroy() }
}

/** Reads to the end, so that the connection can be used again; gives up a body that is too long. */
async function readLimited(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.byteLength
      if (size > BODY_LIMIT) return ''
      chunks.push(chunk)
    }
  } catch {
    return ''
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The system's code of a failure, from anywhere in its chain of causes; never its text, which may hold an address. */
function codeOf(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth++) {
    const code = (cause as { code?: unknown }).code
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code
  }
  return 'network error'
}
