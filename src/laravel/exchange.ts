import ky from 'ky'
import { Agent, fetch as undiciFetch } from 'undici'
import type { Clock } from '../ports.ts'

/** What came of one request: never a rejection. */
export type Exchange =
  /** `body` is null when it was longer than 64 KiB or broke off. */
  | { status: number; retryAfter: string | null; body: string | null }
  /** `detail` is an error code such as ECONNREFUSED; `sent` tells that Laravel may have seen the request. */
  | { status: null; failure: 'timeout' | 'network' | 'aborted'; detail: string; sent: boolean }

export interface Request {
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
 * One keep-alive pool and one way to use it: no retries, no redirects followed, any status is an answer, and the whole exchange
 * ends within `timeoutMs`. A body goes out with Content-Length.
 */
export function createExchange(options: { clock: Clock; timeoutMs: number }) {
  const { clock, timeoutMs } = options
  const agent = new Agent({ connections: CONNECTIONS })
  const client = ky.create({
    // ky's Request belongs to Node's own undici, which the package does not recognise.
    fetch: async input => {
      const request = input as globalThis.Request
      const response = await undiciFetch(request.url, {
        method: request.method,
        headers: [...request.headers],
        body: request.body === null ? null : await request.text(),
        signal: request.signal,
        redirect: 'manual',
        dispatcher: agent,
      })
      return response as unknown as Response
    },
    retry: 0,
    timeout: false,
    redirect: 'manual',
    throwHttpErrors: false,
  })

  async function send(request: Request): Promise<Exchange> {
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
      const response = await client(request.url, {
        method: request.method,
        headers: request.headers,
        signal: controller.signal,
        ...(request.body === undefined ? {} : { body: request.body }),
      })
      return {
        status: response.status,
        retryAfter: response.headers.get('retry-after'),
        body: await readLimited(response),
      }
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
async function readLimited(response: Response): Promise<string | null> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body) {
      size += chunk.byteLength
      if (size > BODY_LIMIT) return null
      chunks.push(chunk)
    }
  } catch {
    return null
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
