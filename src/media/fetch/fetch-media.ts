import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import { releaseBuffer } from '../../base/release-buffer.ts'
import { Agent } from '../../base/undici.ts'
import { essenceOf } from '../content-type.ts'
import { filenameInPath, filenameOf } from '../filenames.ts'
import { tooLarge } from '../refusals.ts'
import { checkUrl, forbidden } from './check-url.ts'
import { connectionFailureOf } from './connection-failures.ts'
import { createConnector, type Resolve, resolveBySystem } from './safe-connect.ts'

/** Milliseconds: for each connection, for the headers of each answer after that, and for everything to the last byte. */
export interface Deadlines {
  connectMs: number
  firstByteMs: number
  wholeMs: number
}

const DEADLINES: Deadlines = { connectMs: 5_000, firstByteMs: 15_000, wholeMs: 120_000 }

export interface FetchOptions {
  /** Ends the fetch, which then rejects with the signal's reason. */
  signal?: AbortSignal
  maxBytes: number
  /** MEDIA_ALLOW_PRIVATE: this machine and private networks may be reached; link-local addresses never. */
  allowPrivate: boolean
  clock: Clock
  deadlines?: Deadlines
  /** The system's resolver by default. */
  resolve?: Resolve
}

export interface FetchedMedia {
  /**
   * Rejects as `fetchMedia` does. Each piece is good until the next is asked for. It must be read, or left before its end, or the
   * signal aborted: else it ends by its deadline.
   */
  stream: AsyncIterable<Uint8Array>
  /** `Content-Type` without parameters, or null. */
  mimetype: string | null
  /** From `Content-Disposition`, or else the path of the URL; clean. */
  filename: string | null
}

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const HEADERS = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'whatsapp-manager' }

/**
 * GETs what a caller's URL names, without cookies, credentials or proxies. Only http and https, ports 80, 443 and those from
 * 1024 up (below live mail servers and the like), and only addresses on the internet, at each of at most 5 redirects, none of
 * them from https to http. Rejects with MEDIA_URL_FORBIDDEN, MEDIA_UNREACHABLE or MEDIA_TOO_LARGE; their messages name hosts
 * and never paths or queries, which may hold a signature.
 */
export async function fetchMedia(text: string, options: FetchOptions): Promise<FetchedMedia> {
  const { signal, maxBytes, clock, deadlines = DEADLINES, resolve = resolveBySystem } = options
  const asked = checkUrl(text)
  let url = asked
  const ending = new AbortController()
  const timers = new Set<unknown>()
  const startDeadline = (ms: number, what: string) => {
    const reason = unreachable(`${what} within ${ms / 1000} s`, { retryable: true })
    const timer = clock.setTimeout(() => end(reason), ms)
    timers.add(timer)
    return () => clock.clearTimeout(timer)
  }
  const connect = createConnector({ allowPrivate: options.allowPrivate, resolve, signal: ending.signal })
  const agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(target, callback) {
      const clearDeadline = startDeadline(deadlines.connectMs, `${target.hostname} could not be connected to`)
      connect(target, (...result) => {
        clearDeadline()
        callback(...result)
      })
    },
  })

  function end(reason: unknown): void {
    ending.abort(reason)
    for (const timer of timers) clock.clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
    agent.destroy().catch(() => {})
  }
  function aborted() {
    end(signal?.reason)
  }

  async function get(url: URL) {
    const clearDeadline = startDeadline(
      deadlines.connectMs + deadlines.firstByteMs,
      `${url.hostname} did not answer`,
    )
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers: HEADERS,
      signal: ending.signal,
    })
    clearDeadline()
    // Whoever reads it sees its errors; while nobody does they are nobody's.
    answer.body.on('error', () => {})
    return { ...answer, header: (name: string) => answer.headers[name]?.toString() }
  }

  type Answer = Awaited<ReturnType<typeof get>>

  async function follow(): Promise<Answer> {
    for (let redirects = 0; ; redirects++) {
      const answer = await get(url)
      const location = answer.header('location')
      if (!REDIRECTS.has(answer.statusCode) || location === undefined) return answer
      answer.body.destroy()
      if (redirects === MAX_REDIRECTS)
        throw unreachable(`${asked.hostname} redirects more than ${MAX_REDIRECTS} times`)
      const next = checkUrl(location, url)
      if (url.protocol === 'https:' && next.protocol === 'http:')
        throw forbidden(`mediaUrl is redirected from https to http by ${url.hostname}`)
      url = next
    }
  }

  async function* read(answer: Answer) {
    let size = 0
    try {
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        size += chunk.byteLength
        if (size > maxBytes) throw tooLarge('The file at mediaUrl', maxBytes)
        yield chunk
        releaseBuffer(chunk)
      }
    } catch (error) {
      throw explain(error)
    } finally {
      end(null)
    }
  }

  function explain(error: unknown): unknown {
    if (ending.signal.aborted && ending.signal.reason !== null) return ending.signal.reason
    if (error instanceof GatewayError) return error
    const { what, retryable } = connectionFailureOf(error)
    return unreachable(`${url.hostname} ${what}`, { cause: error, retryable })
  }

  signal?.throwIfAborted()
  signal?.addEventListener('abort', aborted, { once: true })
  startDeadline(deadlines.wholeMs, `The file at ${url.hostname} did not come`)
  try {
    const answer = await follow()
    checkAnswer(answer.statusCode, answer.header('content-encoding'), url.hostname)
    if (Number(answer.header('content-length') ?? 0) > maxBytes)
      throw tooLarge('The file at mediaUrl', maxBytes)
    const disposition = answer.header('content-disposition')
    return {
      stream: read(answer),
      mimetype: essenceOf(answer.header('content-type')),
      filename: (disposition === undefined ? null : filenameOf(disposition)) ?? filenameInPath(asked),
    }
  } catch (error) {
    const explained = explain(error)
    end(explained)
    throw explained
  }
}

function checkAnswer(status: number, encoding: string | undefined, hostname: string): void {
  if (status !== 200) {
    const retryable = status >= 500 || status === 429 || status === 408
    throw unreachable(`${hostname} answered HTTP ${status}`, { retryable })
  }
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity')
    throw unreachable(`${hostname} sends the file compressed, which it was asked not to do`)
}

function unreachable(message: string, options: { cause?: unknown; retryable?: boolean } = {}): GatewayError {
  return new GatewayError('MEDIA_UNREACHABLE', message, options)
}
