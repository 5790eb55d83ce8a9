import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Seen {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** How the stand-in answers one request. */
export type Answer =
  | number
  | { status: number; headers?: Record<string, string>; body?: string | Buffer; chunks?: string[] }
  /** Takes the request and never answers. */
  | 'hang'
  /** Sends a 200 whose body breaks off. */
  | 'cut'
  /** Breaks the connection off once the request was read. */
  | 'reset'

/** A Laravel for tests: a real HTTP server that answers as it is told and remembers what it saw. */
export async function startStandIn(answer: (request: Seen) => Answer | Promise<Answer>) {
  const seen: Seen[] = []
  const connections = new Set<object>()
  let respond = answer
  const server = createServer((request, response) => {
    connections.add(request.socket)
    void serve(request, response)
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const entry: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString('utf8'),
    }
    seen.push(entry)
    const wanted = await respond(entry)
    if (wanted === 'hang') return
    if (wanted === 'cut') {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{')
      request.socket.end()
      return
    }
    if (wanted === 'reset') {
      request.socket.resetAndDestroy()
      return
    }
    const {
      status,
      headers = {},
      body = '',
      chunks,
    } = typeof wanted === 'number' ? { status: wanted } : wanted
    response.on('error', () => {})
    response.writeHead(status, headers)
    for (const chunk of chunks ?? []) response.write(chunk)
    response.end(body)
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/api`,
    port,
    seen,
    connections,
    answer(next: typeof answer) {
      respond = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
