import { Pool } from 'undici'

export interface Answer {
  status: number
  body: Record<string, unknown>
}

/** Nothing that a manager is asked takes longer. */
const ANSWER_MS = 60_000
/** Long before Node ends it (5 s): a busy client may write to what has just been ended. */
const KEPT_MS = 1_000

/** HTTP requests to a manager, over connections that are kept. */
export class ManagerApi {
  readonly #pool: Pool
  readonly #key: string

  constructor(url: string, key: string, connections: number) {
    const kept = { keepAliveTimeout: KEPT_MS, keepAliveMaxTimeout: KEPT_MS }
    this.#pool = new Pool(url, { connections, headersTimeout: ANSWER_MS, ...kept })
    this.#key = key
  }

  /** One request; rejects when the connection breaks, or there is none. */
  async call(method: 'GET' | 'POST', path: string, body?: object, idempotencyKey?: string): Promise<Answer> {
    const response = await this.#pool.request({
      method,
      path,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.statusCode, body: (await response.body.json()) as Answer['body'] }
  }

  /** POST /start. Throws unless it is answered with 200. */
  async startSession(sessionId: string): Promise<void> {
    const { status, body } = await this.call('POST', '/start', { user_id: 1, session_id: sessionId })
    if (status !== 200) throw new Error(`POST /start answered ${status}: ${JSON.stringify(body)}`)
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }
}
