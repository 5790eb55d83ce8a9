import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { LaravelPosts, type LinkingPost } from '../harness/laravel-posts.ts'
import type { SeededRandom } from '../simulator/seeded-random.ts'
import type { Post, Treatment } from './records.ts'

/** `well`: takes everything at once. `fair`, `rough`: fails now and then. `away`: fails always. */
export type LaravelHealth = 'well' | 'fair' | 'rough' | 'away'

type Json = Record<string, unknown>

/** How many of a hundred POSTs fail the first time. */
const FAILING = { well: 0, fair: 2, rough: 8 }
/** A message that failed waits for half a minute after the second time, so that is rare and the last one. */
const FAILING_AGAIN = 0.1
const TREATMENTS: Treatment[] = ['HTTP 500', 'HTTP 503', 'reset', 'taken, answer lost', 'taken slowly']
const SLOW = { least: 200, most: 1500 }

/** A Laravel that fails: the seed decides which POST of which message fails, and how. */
export class Laravel {
  url = ''
  health: LaravelHealth = 'well'
  /** Every POST /messages. */
  readonly posts: Post[] = []
  /** `session id` of every message that was taken. */
  readonly taken = new Set<string>()
  /** What each session's row says. */
  readonly estados = new Map<string, string>()
  readonly #random: SeededRandom
  readonly #met = new Map<string, number>()
  readonly #linking = new LaravelPosts()
  readonly #server = createServer((request, response) => {
    // A manager that is killed breaks off in the middle.
    this.#answer(request, response).catch(() => response.destroy())
  })

  constructor(random: SeededRandom) {
    this.#random = random
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  /** Resolves with the body of the next such POST about a session. */
  next(what: LinkingPost, sessionId: string): Promise<Json> {
    return this.#linking.next(what, sessionId)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const path = (request.url ?? '').replace(/^\/api/, '')
    if (request.method === 'GET') {
      const estado = this.estados.get(decodeURIComponent(path.replace('/whatsapp/status/', '')))
      return this.health === 'away'
        ? reply(response, 503, { message: 'not now' })
        : reply(response, 200, { estado_qr: estado ?? 'pending' })
    }
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Json
    const treatment = this.#treat(path, body)
    if (path === '/messages') this.#note(body, String(request.headers['webhook-id']), treatment)
    if (treatment.startsWith('taken')) this.#take(path, body)
    switch (treatment) {
      case 'reset':
      case 'taken, answer lost':
        request.socket.resetAndDestroy()
        return
      case 'HTTP 500':
        return reply(response, 500, { message: 'Server Error' })
      case 'HTTP 503':
        return reply(response, 503, { message: 'not now' }, { 'retry-after': '1' })
      case 'taken slowly':
        await pause(this.#random.between(SLOW.least, SLOW.most, 'slow', String(body.message_id)))
        return reply(response, 200, { success: true })
      case 'taken':
        return reply(response, 200, { success: true })
    }
  }

  #treat(path: string, body: Json): Treatment {
    const { health } = this
    if (health === 'away') return 'HTTP 503'
    if (path === '/qr') return 'taken'
    const about = `${path} ${body.session_id} ${body.message_id ?? body.estado_qr}`
    const before = this.#met.get(about) ?? 0
    const limit = [FAILING[health] / 100, FAILING_AGAIN][before] ?? 0
    if (health === 'well' || this.#random.share(about, before) >= limit) return 'taken'
    this.#met.set(about, before + 1)
    return this.#random.pick(TREATMENTS, about, before, 'how')
  }

  #note(body: Json, webhookId: string, treatment: Treatment): void {
    this.posts.push({
      session: String(body.session_id),
      id: String(body.message_id),
      webhookId,
      from: typeof body.from === 'string' ? body.from : null,
      text: typeof body.body === 'string' ? body.body : null,
      at: Date.now(),
      treatment,
    })
  }

  #take(path: string, body: Json): void {
    if (path === '/messages') this.taken.add(`${body.session_id} ${body.message_id}`)
    if (path === '/whatsapp/status') this.estados.set(String(body.session_id), String(body.estado_qr))
    this.#linking.arrived(path, body)
  }
}

function reply(
  response: ServerResponse,
  status: number,
  body: Json,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
