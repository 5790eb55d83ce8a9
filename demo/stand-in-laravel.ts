import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that Laravel got from the manager; `at` in ms since the epoch. */
export interface Received {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: Record<string, unknown>
  at: number
  /** What was answered; 0 if nothing was. */
  status: number
}

/** What the next requests get instead of the usual answer; `silent` never answers. */
export type Misbehaviour = { status: number; headers?: Record<string, string> } | 'silent' | 'reset' | null

/**
 * A stand-in for the Laravel application: takes what the manager posts, answers its question, and can misbehave.
 * It does what a real one does with `estado_qr`: it stores what it is told and answers with it.
 */
export class StandInLaravel extends EventEmitter<{ request: [Received] }> {
  readonly received: Received[] = []
  /** What each session's row says; absent means 404. */
  readonly estados = new Map<string, string>()
  /** Sessions that the question does not know yet get this; null means 404. */
  estadoOfUnknown: string | null = 'pending'
  misbehaviour: Misbehaviour = null
  #server: Server | null = null
  readonly #silent = new Set<ServerResponse>()

  /** Listens on 127.0.0.1; resolves with the base URL for LARAVEL_URL. */
  async listen(port = 0): Promise<string> {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`
  }

  async close(): Promise<void> {
    for (const response of this.#silent) response.destroy()
    this.#server?.closeAllConnections()
    await new Promise(resolve => this.#server?.close(resolve) ?? resolve(undefined))
  }

  /** Bodies that were accepted on a path, such as `/messages`, oldest first. */
  accepted(path: string, sessionId?: string): Record<string, unknown>[] {
    return this.received
      .filter(({ path: at, status }) => at === path && status >= 200 && status < 300)
      .map(({ body }) => body)
      .filter(body => sessionId === undefined || body.session_id === sessionId)
  }

  /** Resolves with the first request, past or future, that fits. */
  async seen(fits: (request: Received) => boolean): Promise<Received> {
    const past = this.received.find(fits)
    if (past) return past
    return new Promise(resolve => {
      const look = (request: Received) => {
        if (!fits(request)) return
        this.off('request', look)
        resolve(request)
      }
      this.on('request', look)
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const path = (request.url ?? '').replace(/^\/api/, '')
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    const { status, headers, answer } = this.#decide(request.method ?? 'GET', path, body)
    const { misbehaviour } = this
    if (misbehaviour === 'silent') this.#silent.add(response)
    else if (misbehaviour === 'reset') request.socket.resetAndDestroy()
    else
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(answer))
    // What the manager asks at its start is about no session.
    if (request.method === 'OPTIONS' || path.startsWith('/whatsapp/status/check-')) return
    const got: Received = {
      method: request.method ?? 'GET',
      path,
      headers: request.headers,
      body,
      at: Date.now(),
      status,
    }
    this.received.push(got)
    this.emit('request', got)
  }

  #decide(
    method: string,
    path: string,
    body: Record<string, unknown>,
  ): { status: number; headers?: Record<string, string>; answer: Record<string, unknown> } {
    const { misbehaviour } = this
    if (misbehaviour === 'silent' || misbehaviour === 'reset') return { status: 0, answer: {} }
    if (misbehaviour !== null) return { ...misbehaviour, answer: { message: 'not now' } }
    // As Laravel's router does for each route that it has.
    if (method === 'OPTIONS') {
      const allow = path.startsWith('/whatsapp/status/') ? 'GET,HEAD' : 'POST'
      return { status: 200, headers: { allow }, answer: {} }
    }
    if (method === 'GET' && path.startsWith('/whatsapp/status/')) {
      const id = decodeURIComponent(path.slice('/whatsapp/status/'.length))
      const estado = this.estados.get(id) ?? this.estadoOfUnknown
      return estado === null
        ? { status: 404, answer: { message: 'No query results' } }
        : { status: 200, answer: { estado_qr: estado } }
    }
    if (method === 'POST' && path === '/whatsapp/status') {
      this.estados.set(String(body.session_id), String(body.estado_qr))
    }
    return { status: 200, answer: { success: true } }
  }
}
