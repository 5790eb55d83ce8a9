import type { Dispatcher } from 'undici'

/** What came of one request: never a rejection. */
export type HttpResult = HttpAnswer | HttpFailure

export interface HttpAnswer {
  status: number
  retryAfter: string | null
  /** Empty when it was longer than 64 KiB or broke off. */
  body: string
  /** By their names in small letters. */
  headers: AnswerHeaders
}

export type AnswerHeaders = Record<string, string | string[] | undefined>

export interface HttpFailure {
  status: null
  failure: 'timeout' | 'network' | 'aborted'
  /** An error code such as ECONNREFUSED. */
  detail: string
}

const BODY_LIMIT = 64 * 1024

/**
 * One request and its answer, as undici's `dispatch` reports them: no stream is made of a body that is read at once. `onResult` is called
 * once; a status that came stands, whatever becomes of the rest.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #onResult: (result: HttpResult) => void
  #ended = false
  #controller: Dispatcher.DispatchController | null = null
  #status: number | null = null
  #headers: AnswerHeaders = {}
  #chunks: Buffer[] = []
  #size = 0

  constructor(onResult: (result: HttpResult) => void) {
    this.#onResult = onResult
  }

  /** Nobody waits any longer; what has not been sent never is. */
  end(failure: HttpFailure): void {
    if (this.#ended) return
    this.#fail(failure)
    this.#controller?.abort(new Error(failure.failure))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) controller.abort(new Error('ended before it began'))
    else this.#controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // 1xx: the answer is yet to come.
    if (status < 200) return
    this.#status = status
    this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.byteLength
    if (this.#size <= BODY_LIMIT) this.#chunks.push(chunk)
    else controller.abort(new Error('too long'))
  }

  /** Read to the end, so that the connection can be used again. */
  onResponseEnd(): void {
    this.#endWith(this.#answer(Buffer.concat(this.#chunks).toString('utf8')))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail({ status: null, failure: 'network', detail: codeOf(error) })
  }

  #fail(failure: HttpFailure): void {
    this.#endWith(this.#status === null ? failure : this.#answer(''))
  }

  #answer(body: string): HttpResult {
    const headers = this.#headers
    return { status: this.#status!, retryAfter: headers['retry-after']?.toString() ?? null, body, headers }
  }

  #endWith(result: HttpResult): void {
    if (this.#ended) return
    this.#ended = true
    this.#onResult(result)
  }
}

/** The system's code of a failure, from anywhere in its chain of causes; never its text, which may hold an address. */
export function codeOf(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth++) {
    const code = (cause as { code?: unknown }).code
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code
  }
  return 'network error'
}

/** What a body says; undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
