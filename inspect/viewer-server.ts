import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InspectError, type InspectOptions } from './options.ts'
import { openStream } from './stream.ts'
import { viewerPage } from './viewer-page.ts'

export interface ViewerServer {
  /** Of the page; the secret in it keeps others on this machine out. */
  url: string
  close(): void
}

/**
 * Serves the page and its stream on 127.0.0.1, to who knows its address: each page that opens gets a stream of its own from the manager,
 * and so the actors first. `say`: what goes on, one sentence at a time. Rejects with InspectError if the port is not to be had.
 */
export async function serveViewer(
  options: InspectOptions,
  { url: viewer, port }: { url: URL; port: number },
  say: (text: string) => void,
): Promise<ViewerServer> {
  const base = `/${randomBytes(16).toString('base64url')}/`
  const server = createServer((request, response) => {
    // A name that leads here (DNS rebinding) is no way in.
    const isHere = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? '')
    if (isHere && request.method === 'GET' && request.url === base) return givePage(viewer, response)
    if (isHere && request.method === 'GET' && request.url === `${base}stream`)
      return void giveStream(options, request, response, say)
    response.writeHead(404).end()
  })
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new InspectError(`--port ${port} is not to be had (${code}): give another one, or 0 for any.`)
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function givePage(viewer: URL, response: ServerResponse): void {
  const nonce = randomBytes(16).toString('base64url')
  const policy = [
    "default-src 'none'",
    `frame-src ${viewer.origin}`,
    "connect-src 'self'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  })
  response.end(viewerPage(viewer, nonce))
}

async function giveStream(
  options: InspectOptions,
  request: IncomingMessage,
  response: ServerResponse,
  say: (text: string) => void,
): Promise<void> {
  let end = () => {}
  let gone = false
  request.on('close', () => {
    gone = true
    end()
  })
  try {
    end = await openStream(options, {
      opened() {
        say('the inspector looks on')
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
        response.write('retry: 2000\n\n')
      },
      told: message => response.write(`data: ${message}\n\n`),
      ended() {
        say(
          gone
            ? 'the inspector was closed'
            : 'the manager shows nothing any more; the page tries again by itself',
        )
        response.end()
      },
    })
    if (gone) end()
  } catch (error) {
    say(error instanceof InspectError ? error.message : String(error))
    // A stream that ends is tried again; one that is refused is not.
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('retry: 2000\n\n')
  }
}
