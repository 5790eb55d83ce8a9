import ky from 'ky'
import { Agent, request as undiciRequest } from 'undici'
import type { Clock } from '../base/clock.ts'

/** What came of one request: never a rejection. */
export type HttpResult =
  /** `body` is empty when it was longer than 64 KiB or broke off. */
  | { status: number; retryAfter: string | null; body: string }
  /** `detail` is an error code such as ECONNREFUSED. */
  | { status: null; failure: 'timeout' | 'network' | 'aborted'; detail: string }

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: string
  signal?: AbortSignal | undefined
}

const BODY_LIMIT = 64 * 1024
/** Every route's deliveries at once, and the questions of sessions beside them. */
const CONNECTIONS = 192

/**
 * One keep-alive pool and one way to use it: no retries, no redirects followed, any status is an answer, and request and answer
 * end within `timeoutMs`. A body goes out with Content-Length. `send` goes through ky; `post` is the same for what is sent all the
 * time, and costs a third: it builds no Request, no Response and no second signal.
 */
export function createHttpClient(options: { clock: Clock; timeoutMs: number }) {
  const { clock, timeoutMs } = options
  const agent = new Agent({ connections: CONNECTIONS })
  const client = ky.create({ retry: 0, timeout: false })

  async function sendThroughPool(
    {
      url,
      method,
      headers,
    }: Pick<HttpRequest, 'url' | 'method'> & { headers: Headers | Record<string, string> },
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpResult> {
    const answer = await undiciRequest(url, {
      method,
      headers,
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

  async function sendThroughKy(request: HttpRequest, signal: AbortSignal): Promise<HttpResult> {
    let answer: HttpResult = { status: null, failure: 'network', detail: 'not sent' }
    await client(request.url, {
      method: request.method,
      headers: request.headers,
      // Web streams and chains of signals are three quarters of the CPU of a fetch: bodies and signal go past ky.
      fetch: async head => {
        const { url, headers } = head as Request
        answer = await sendThroughPool({ url, method: request.method, headers }, request.body, signal)
        return new Response()
      },
    })
    return answer
  }

  /** Ends what takes too long, and turns every failure into a result. */
  async function bounded(
    request: HttpRequest,
    run: (signal: AbortSignal) => Promise<HttpResult>,
  ): Promise<HttpResult> {
    if (request.signal?.aborted) return { status: null, failure: 'aborted', detail: 'aborted' }
    const controller = new AbortController()
    const abort = () => controller.abort()
    let timedOut = false
    const timer = clock.setTimeout(() => {
      timedOut = true
      abort()
    }, timeoutMs)
    request.signal?.addEventListener('abort', abort, { once: true })
    try {
      return await run(controller.signal)
    } catch (error) {
      if (timedOut) return { status: null, failure: 'timeout', detail: `timeout after ${timeoutMs / 1000} s` }
      if (request.signal?.aborted) return { status: null, failure: 'aborted', detail: 'aborted' }
      return { status: null, failure: 'network', detail: codeOf(error) }
    } finally {
      clock.clearTimeout(timer)
      request.signal?.removeEventListener('abort', abort)
    }
  }

  return {
    send: (request: HttpRequest) => bounded(request, signal => sendThroughKy(request, signal)),
    post: (request: HttpRequest) =>
      bounded(request, signal => sendThroughPool(request, request.body, signal)),
    close: () => agent.destroy(),
  }
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
