import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

/** `lost`: the request is read, and the connection closed without an answer. */
export type Reply = 'lost' | { status: number; headers?: Record<string, string>; body: unknown }

export const SENT: Reply = {
  status: 200,
  body: {
    success: true,
    message_id: '3EB0A1',
    status: 'sent',
    response: { key: { id: '3EB0A1', remoteJid: '34600000002@s.whatsapp.net', fromMe: true } },
  },
}

export const refusal = (status: number, error: string, more: object = {}, headers = {}): Reply => ({
  status,
  headers,
  body: { success: false, error, message: `Why ${error} is.`, ...more },
})

/** What a manager may answer on a bad day, over real HTTP: each request gets the next reply, and the last one for ever. */
export class ScriptedManager {
  asked: Asked[] = []
  #replies: Reply[] = [SENT]
  readonly #server: Server

  constructor() {
    this.#server = createServer(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      const { method = '', url = '', headers } = request
      this.asked.push({ method, path: url, headers, body: text === '' ? {} : JSON.parse(text) })
      const reply = this.#replies.length > 1 ? this.#replies.shift()! : this.#replies[0]!
      if (reply === 'lost') {
        request.socket.destroy()
        return
      }
      const isText = typeof reply.body === 'string'
      response.writeHead(reply.status, {
        'content-type': isText ? 'text/html' : 'application/json',
        ...reply.headers,
      })
      response.end(isText ? reply.body : JSON.stringify(reply.body))
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  /** Forgets what was asked, and what was to be answered. */
  will(...replies: Reply[]): void {
    this.asked = []
    this.#replies = replies
  }

  keys(): unknown[] {
    return this.asked.map(({ headers }) => headers['idempotency-key'])
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
