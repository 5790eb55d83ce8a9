import ky from 'ky'
import type { Dispatcher } from 'undici'
import type { Clock } from '../base/clock.ts'
import { Agent } from '../base/undici.ts'
import { codeOf, Exchange, type HttpFailure, type HttpResult } from './exchange.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'OPTIONS'
  /** Such as `https://app.test`. */
  origin: string
  path: string
  headers: Record<string, string>
  body?: string | Uint8Array
  signal?: AbortSignal | undefined
}

/** Every route's deliveries at once, and the questions of sessions beside them. */
const CONNECTIONS = 192

const ABORTED: HttpFailure = { status: null, failure: 'aborted', detail: 'aborted' }

/**
 * One keep-alive pool and one way to use it: no retries, no redirects followed, any status is an answer, and request and answer
 * end within `timeoutMs`. A body goes out with Content-Length. `send` goes through ky; `post` is the same for what is sent all the
 * time: it builds no Request, no Response, no stream and no signal.
 */
export function createHttpClient(options: { clock: Clock; timeoutMs: number }) {
  const { clock, timeoutMs } = options
  const agent = new Agent({ connections: CONNECTIONS })
  const client = ky.create({ retry: 0, timeout: false })
  const timedOut: HttpFailure = {
    status: null,
    failure: 'timeout',
    detail: `timeout after ${timeoutMs / 1000} s`,
  }

  function post(
    { method, origin, path, body, signal, ...rest }: HttpRequest,
    headers: Dispatcher.DispatchOptions['headers'] = rest.headers,
  ): Promise<HttpResult> {
    if (signal?.aborted) return Promise.resolve(ABORTED)
    return new Promise(resolve => {
      const exchange = new Exchange(result => {
        clock.clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        resolve(result)
      })
      const abort = () => exchange.end(ABORTED)
      const timer = clock.setTimeout(() => exchange.end(timedOut), timeoutMs)
      signal?.addEventListener('abort', abort, { once: true })
      agent.dispatch({ origin, path, method, headers: headers ?? null, body: body ?? null }, exchange)
    })
  }

  async function send(request: HttpRequest): Promise<HttpResult> {
    let answer: HttpResult | null = null
    try {
      await client(`${request.origin}${request.path}`, {
        method: request.method,
        headers: request.headers,
        // Web streams and chains of signals are three quarters of the CPU of a fetch: bodies and signal go past ky.
        fetch: async head => {
          answer = await post(request, (head as Request).headers)
          return new Response()
        },
      })
    } catch (error) {
      answer ??= { status: null, failure: 'network', detail: codeOf(error) }
    }
    return answer ?? { status: null, failure: 'network', detail: 'not sent' }
  }

  return { send, post, close: () => agent.destroy() }
}
