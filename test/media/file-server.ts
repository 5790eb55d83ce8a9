import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { vi } from 'vitest'
import { createClock } from '../../src/base/clock.ts'
import { type FetchOptions, fetchMedia } from '../../src/media/fetch/fetch-media.ts'
import type { Resolve } from '../../src/media/fetch/safe-connect.ts'

/** A server on 127.0.0.1 that answers `hello` until told otherwise, and keeps what it was asked. */
export async function createFileServer() {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    files.handle(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const files = {
    port,
    origin: `http://127.0.0.1:${port}`,
    seen,
    handle: (_: IncomingMessage, response: ServerResponse): void => {
      response.end('hello')
    },
    connections: () => new Promise<number>(resolve => server.getConnections((_, count) => resolve(count))),
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return files
}

export type FileServer = Awaited<ReturnType<typeof createFileServer>>

export function options(changes: Partial<FetchOptions> = {}): FetchOptions {
  const signal = new AbortController().signal
  return { signal, maxBytes: 1_000_000, allowPrivate: true, clock: createClock(), ...changes }
}

export async function read(stream: AsyncIterable<Uint8Array>): Promise<string> {
  return (await buffer(stream)).toString()
}

export async function get(url: string, changes?: Partial<FetchOptions>): Promise<string> {
  return read((await fetchMedia(url, options(changes))).stream)
}

/** A resolver that answers with these addresses, one list per question, the last one for ever. */
export function resolver(...answers: string[][]) {
  return vi.fn<Resolve>(async () => {
    const addresses = answers.length > 1 ? answers.shift()! : answers[0]!
    return addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  })
}
