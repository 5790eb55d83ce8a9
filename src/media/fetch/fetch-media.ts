import { Agent, request } from 'undici'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import { releaseBuffer } from '../../base/release-buffer.ts'
import { essenceOf } from '../content-type.ts'
import { filenameInPath, filenameOf } from '../filenames.ts'
import { tooLarge } from '../sizes.ts'
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
  const over = new AbortController()
  const timers = new Set<unknown>()
  const arm = (ms: number, what: string) => {
    const reason = unreachable(`${what} within ${ms / 1000} s`, { retryable: true })
    const timer = clock.setTimeout(() => end(reason), ms)
    timers.add(timer)
    return () => clock.clearTimeout(timer)
  }
  const connect = createConnector({ allowPrivate: options.allowPrivate, resolve, signal: over.signal })
  const agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(target, callback) {
      const disarm = arm(deadlines.connectMs, `${target.hostname} could not be connected to`)
      connect(target, (...result) => {
        disarm()
        callback(...result)
      })
    },
  })

  function end(reason: unknown): void {
    over.abort(reason)
    for (const timer of timers) clock.clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
    agent.destroy().catch(() => {})
  }
  function aborted() {
    end(signal?.reason)
  }

  async function get(url: URL) {
    const disarm = arm(deadlines.connectMs + deadlines.firstByteMs, `${url.hostname} did not answer`)
    const answer = await request(url, {
      dispatcher: agent,
      headers: HEADERS,
      signal: over.signal,
    })
    disarm()
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
    if (over.signal.aborted && over.signal.reason !== null) return over.signal.reason
    if (error instanceof GatewayError) return error
    const { what, retryable } = failureOf(error)
    return unreachable(`${url.hostname} ${what}`, { cause: error, retryable })
  }

  signal?.throwIfAborted()
  signal?.addEventListener('abort', aborted, { once: true })
  arm(deadlines.wholeMs, `The file at ${url.hostname} did not come`)
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

/** A URL that may be asked, as far as it can be told without its addresses. Throws MEDIA_URL_FORBIDDEN. */
export function checkUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url === null) throw forbidden('mediaUrl is not a URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw forbidden('mediaUrl must begin with http:// or https://')
  if (url.username !== '' || url.password !== '')
    throw forbidden('mediaUrl must not contain a user name or password')
  if (url.port !== '' && url.port !== '80' && url.port !== '443' && Number(url.port) < 1024)
    throw forbidden(`mediaUrl names port ${url.port}: only 80, 443 and those from 1024 up are allowed`)
  url.hash = ''
  return url
}

function checkAnswer(status: number, encoding: string | undefined, hostname: string): void {
  if (status !== 200) {
    const retryable = status >= 500 || status === 429 || status === 408
    throw unreachable(`${hostname} answered HTTP ${status}`, { retryable })
  }
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity')
    throw unreachable(`${hostname} sends the file compressed, which it was asked not to do`)
}

const FAILURES: Record<string, string> = {
  ENOTFOUND: 'does not exist (ENOTFOUND)',
  EAI_AGAIN: 'cannot be looked up at the moment (EAI_AGAIN)',
  ECONNREFUSED: 'refused the connection (ECONNREFUSED)',
  ECONNRESET: 'broke off the connection (ECONNRESET)',
  UND_ERR_SOCKET: 'broke off the connection',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'sent less or more than it had announced',
}

/** What OpenSSL and node say of certificates; time alone mends none of it. */
const CERTIFICATE = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/** Names the failure of a connection; never the error's own text, which may hold an address. */
function failureOf(error: unknown): { what: string; retryable: boolean } {
  const found = (error as { code?: unknown } | null)?.code
  const code = typeof found === 'string' ? found : 'network error'
  if (CERTIFICATE.test(code))
    return { what: `has no certificate that can be trusted (${code})`, retryable: false }
  return { what: FAILURES[code] ?? `could not be read (${code})`, retryable: true }
}

function forbidden(message: string): GatewayError {
  return new GatewayError('MEDIA_URL_FORBIDDEN', message)
}

function unreachable(message: string, options: { cause?: unknown; retryable?: boolean } = {}): GatewayError {
  return new GatewayError('MEDIA_UNREACHABLE', message, options)
}
