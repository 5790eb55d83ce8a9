import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { streamFile } from '../../src/http/stream-file.ts'

const PIECE = 65_536
const piece = (n: number) => Buffer.alloc(PIECE, n)
const whole = (count: number) => Buffer.concat(Array.from({ length: count }, (_, n) => piece(n)))

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A server that pours `source()` into every answer; `poured` tells how often that came to an end. */
async function serve(source: () => Readable) {
  const poured: Readable[] = []
  const server = createServer(async (_, response) => {
    const stream = source()
    await streamFile(stream, response.writeHead(200))
    poured.push(stream)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  const get = async () => {
    const asked = request({ port, host: '127.0.0.1', agent: false }).end()
    const [answer] = (await once(asked, 'response')) as [Readable]
    return answer
  }
  return { get, poured }
}

describe('a file streamed into a response', () => {
  it('arrives unchanged at a slow reader, and the memory of each piece is released', async () => {
    const pieces: Buffer[] = []
    const { get, poured } = await serve(() =>
      Readable.from(
        (function* () {
          for (let n = 0; n < 60; n++) {
            pieces.push(piece(n))
            yield pieces.at(-1)
          }
        })(),
      ),
    )
    const answer = await get()
    const got: Buffer[] = []
    for await (const chunk of answer) {
      got.push(chunk as Buffer)
      if (got.length % 8 === 0) await pause(5)
    }
    expect(Buffer.concat(got).equals(whole(60))).toBe(true)
    expect(poured).toHaveLength(1)
    expect(pieces).toHaveLength(60)
    expect(pieces.filter(({ buffer: memory }) => !(memory as ArrayBuffer).detached)).toEqual([])
  })

  it('does not release memory that others share', async () => {
    const shared = whole(4)
    const { get } = await serve(() =>
      Readable.from([shared.subarray(0, PIECE), shared.subarray(PIECE, 3 * PIECE)]),
    )
    expect((await buffer(await get())).equals(whole(3))).toBe(true)
    expect(shared.equals(whole(4))).toBe(true)
  })

  it('breaks the response off when the file cannot be read to its end', async () => {
    const { get, poured } = await serve(() =>
      Readable.from(
        (function* () {
          yield piece(1)
          throw new Error('the disk is gone')
        })(),
      ),
    )
    await expect(buffer(await get())).rejects.toThrow('aborted')
    await expect.poll(() => poured.length).toBe(1)
  })

  it('is closed at once when the caller had already disconnected, even if it is empty', async () => {
    for (const empty of [true, false]) {
      const stream = Readable.from(empty ? [] : [piece(1)])
      const poured = Promise.withResolvers<void>()
      const server = createServer(async (_, response) => {
        response.destroy()
        await vi.waitFor(() => expect(response.closed).toBe(true))
        poured.resolve(streamFile(stream, response))
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      ends.push(() => new Promise(resolve => server.close(resolve)))
      const { port } = server.address() as AddressInfo
      await once(request({ port, host: '127.0.0.1', agent: false }).end(), 'error')
      await poured.promise
      expect(stream.destroyed).toBe(true)
    }
  })

  it('is closed when the caller disconnects', async () => {
    const { get, poured } = await serve(() =>
      Readable.from(
        (function* () {
          for (;;) yield piece(1)
        })(),
      ),
    )
    for (let n = 0; n < 3; n++) {
      const answer = await get()
      await once(answer, 'data')
      answer.destroy()
    }
    await expect.poll(() => poured.length).toBe(3)
    expect(poured.every(({ destroyed }) => destroyed)).toBe(true)
  })
})
