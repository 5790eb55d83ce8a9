import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { type MediaFault, MediaFaults } from './faults.ts'
import { MediaFiles, type StoredFile } from './files.ts'
import { makeTlsIdentity } from './tls-certificate.ts'

/** The largest file it takes, in bytes, as it tells clients. */
export const MAX_MEDIA_BYTES = 100 * 1024 * 1024
const NAMES = ['127.0.0.1', 'localhost', 'mmg.whatsapp.net', '*.whatsapp.net']

/**
 * Where media are uploaded and downloaded. It speaks TLS, because Baileys builds nothing but `https://` addresses
 * (`getWAUploadToServer`, `getUrlFromDirectPath`), under a certificate of an authority of its own that clients must trust.
 */
export class MediaHost {
  readonly files = new MediaFiles()
  readonly faults = new MediaFaults()
  /** What `media_conn` hands to clients, and uploads must show. */
  readonly auth = randomBytes(32).toString('base64url')
  readonly #tls = makeTlsIdentity(NAMES)
  #server: Server | undefined
  #port = 0

  /** PEM of the authority that clients must trust. */
  get ca(): string {
    return this.#tls.ca
  }

  /** `127.0.0.1:PORT` */
  get host(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Listens on 127.0.0.1; port 0 takes a free one. */
  async listen(port: number): Promise<void> {
    const { key, cert } = this.#tls
    const server = createServer({ key, cert }, (request, response) => {
      this.#handle(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
  }

  /** Ends the requests that hang, and deletes every file. */
  async close(): Promise<void> {
    this.#server?.close()
    this.#server?.closeAllConnections()
    await this.files.close()
  }

  async #handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', 'https://127.0.0.1')
    const upload = request.method === 'POST'
    const fault = this.faults.take(upload ? 'upload' : 'download', url.pathname)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'status') {
      request.resume()
      response.writeHead(fault.status ?? 404).end()
    } else if (upload) await this.#upload(request, response, url, fault)
    else if (request.method === 'GET') await this.#download(request, response, url, fault)
    else response.writeHead(405).end()
  }

  /** `POST /mms/{type}/{token}?auth=…`: the token is the base64url SHA-256 of the body. */
  async #upload(request: IncomingMessage, response: ServerResponse, url: URL, fault?: MediaFault) {
    const [, folder, kind, token] = url.pathname.split('/')
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (folder !== 'mms' || !kind || !token) return answer(404, { error: 'not a place to upload to' })
    if (url.searchParams.get('auth') !== this.auth) return answer(401, { error: 'auth is not of media_conn' })
    if (Number(request.headers['content-length'] ?? 0) > MAX_MEDIA_BYTES)
      return answer(413, { error: 'too large' })
    const stored = await this.files.write(slowed(request, fault), MAX_MEDIA_BYTES)
    if (stored.sha256.toString('base64url') !== decodeURIComponent(token)) {
      await this.files.discard(stored)
      return answer(400, { error: 'the token is not the hash of the body' })
    }
    if (fault?.kind === 'cut') {
      await this.files.discard(stored)
      request.socket.destroy()
      return
    }
    const directPath = await this.files.publish(stored)
    answer(200, { url: `https://${this.host}${directPath}`, direct_path: directPath })
  }

  async #download(request: IncomingMessage, response: ServerResponse, url: URL, fault?: MediaFault) {
    const stored = this.files.find(url.pathname)
    if (!stored) return response.writeHead(404).end()
    const { size } = stored
    const range = rangeOf(request.headers.range, size)
    if (range && range.start >= size)
      return response.writeHead(416, { 'content-range': `bytes */${size}` }).end()
    const { start, end } = range ?? { start: 0, end: size - 1 }
    response.writeHead(range ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': end - start + 1,
      'accept-ranges': 'bytes',
      ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }),
    })
    const half = start + Math.floor((end - start) / 2)
    const last = fault?.kind === 'cut' ? half : end
    const bytes = corrupted(slowed(this.#part(stored, start, last), fault), fault)
    if (last === end) return pipeline(bytes, response)
    for await (const chunk of bytes) response.write(chunk)
    // The rest of what content-length promised never comes.
    response.write('', () => response.destroy())
  }

  #part(stored: StoredFile, start: number, end: number): AsyncIterable<Buffer> {
    return this.files.read(stored, { start, end })
  }
}

/** Reads `bytes=a-` and `bytes=a-b`; anything else asks for the whole file. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? []
  if (start === undefined) return undefined
  return { start: Number(start), end: end ? Math.min(Number(end), size - 1) : size - 1 }
}

async function* slowed(source: AsyncIterable<Buffer>, fault?: MediaFault): AsyncIterable<Buffer> {
  if (fault?.kind !== 'slow') return yield* source
  const step = Math.max(1, Math.floor((fault.bytesPerSecond ?? 16_384) / 20))
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += step) {
      await wait(50)
      yield chunk.subarray(at, at + step)
    }
  }
}

async function* corrupted(source: AsyncIterable<Buffer>, fault?: MediaFault): AsyncIterable<Buffer> {
  let first = fault?.kind === 'corrupt'
  for await (const chunk of source) {
    if (first) chunk[0]! ^= 0xff
    first = false
    yield chunk
  }
}
