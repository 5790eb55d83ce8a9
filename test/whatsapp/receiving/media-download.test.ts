import { randomBytes } from 'node:crypto'
import { Agent } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { plainMediaMessage, mediaMessage as simulated } from '../../../simulator/content/media.ts'
import { Simulator } from '../../../simulator/simulator.ts'
import type { MediaSource } from '../../../src/messages/message-ref.ts'
import { receivedFile } from '../../../src/whatsapp/content/received-file.ts'
import { download, mediaMessage } from '../../../src/whatsapp/receiving/media-download.ts'

const simulator = new Simulator()
const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
const bytes = randomBytes(300_000)
let source: MediaSource

async function collect(given: MediaSource, signal: AbortSignal = new AbortController().signal) {
  const chunks: Uint8Array[] = []
  for await (const chunk of download(given, { signal, dispatcher })) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function sourceOf(data: Buffer): Promise<MediaSource> {
  const { imageMessage } = await simulated(simulator.media, { image: data })
  return receivedFile('image', imageMessage)!.source
}

beforeAll(async () => {
  await simulator.listen()
  source = await sourceOf(bytes)
})
afterEach(() => simulator.media.faults.heal())
afterAll(async () => {
  await dispatcher.destroy()
  await simulator.close()
})

describe('a download', () => {
  it('yields the bytes that were sent, of any size', async () => {
    expect((await collect(source)).equals(bytes)).toBe(true)
    for (const size of [0, 1, 15, 16, 17, 65_535, 65_536, 65_537]) {
      const data = randomBytes(size)
      expect((await collect(await sourceOf(data))).equals(data)).toBe(true)
    }
  })

  it("yields the bytes of a file that is not encrypted, a newsletter's, and checks them", async () => {
    for (const size of [1, 65_537]) {
      const data = randomBytes(size)
      const { imageMessage } = await plainMediaMessage(simulator.media, { image: data })
      const given = receivedFile('image', imageMessage)!.source
      expect((await collect(given)).equals(data)).toBe(true)
      await expect(collect({ ...given, id: source.id })).rejects.toMatchObject({ code: 'MEDIA_CORRUPT' })
    }
  })

  it.each([
    ['5 bytes', 100],
    ['10 bytes', 200],
    ['11 bytes', 220],
    ['30 bytes', 600],
  ])('puts pieces of %s together', async (_, bytesPerSecond) => {
    for (const size of [0, 21, 64]) {
      const data = randomBytes(size)
      const given = await sourceOf(data)
      simulator.media.faults.add({ kind: 'slow', on: 'download', bytesPerSecond })
      expect((await collect(given)).equals(data)).toBe(true)
    }
  })

  it('frees the memory of a piece once the next is asked for', async () => {
    const { signal } = new AbortController()
    const held: Uint8Array[] = []
    let most = 0
    for await (const chunk of download(source, { signal, dispatcher })) {
      held.push(chunk)
      most = Math.max(
        most,
        held.reduce((sum, { byteLength }) => sum + byteLength, 0),
      )
    }
    expect(held.length).toBeGreaterThan(10)
    expect(most).toBeLessThan(100_000)
  })

  it.each([
    [403, 'MEDIA_GONE'],
    [404, 'MEDIA_GONE'],
    [410, 'MEDIA_GONE'],
    [500, 'MEDIA_UNREACHABLE'],
    [503, 'MEDIA_UNREACHABLE'],
    [302, 'MEDIA_UNREACHABLE'],
  ])('that is answered with %i is %s, twenty times in a row', async (status, code) => {
    simulator.media.faults.add({ kind: 'status', status, on: 'download' })
    for (let n = 0; n < 20; n++) await expect(collect(source)).rejects.toMatchObject({ code })
  })

  it('that is cut short rejects with a retryable error', async () => {
    simulator.media.faults.add({ kind: 'cut', on: 'download' })
    for (let n = 0; n < 5; n++)
      await expect(collect(source)).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE', retryable: true })
  })

  it('that hangs ends when it is aborted', async () => {
    simulator.media.faults.add({ kind: 'hang', on: 'download' })
    const abort = new AbortController()
    const waiting = collect(source, abort.signal)
    setTimeout(() => abort.abort(), 50)
    await expect(waiting).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE' })
  })

  it('that is ended in the middle, by its reader or an abort, leaves no unhandled error', async () => {
    simulator.media.faults.add({ kind: 'slow', on: 'download', bytesPerSecond: 100_000 })
    const abort = new AbortController()
    for await (const chunk of download(source, { signal: abort.signal, dispatcher })) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    const reading = (async () => {
      for await (const _ of download(source, { signal: abort.signal, dispatcher })) abort.abort()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'MEDIA_UNREACHABLE' })
  })

  it.each<[string, () => Partial<MediaSource>]>([
    ['with another key', () => ({ mediaKey: randomBytes(32).toString('base64') })],
    ['of another kind', () => ({ kind: 'video' })],
    ['with another hash', () => ({ id: '0'.repeat(64) })],
  ])('of a file %s is MEDIA_CORRUPT', async (_, change) => {
    await expect(collect({ ...source, ...change() })).rejects.toMatchObject({ code: 'MEDIA_CORRUPT' })
  })

  it('of bytes that were changed on their way rejects with MEDIA_CORRUPT', async () => {
    simulator.media.faults.add({ kind: 'corrupt', on: 'download' })
    await expect(collect(source)).rejects.toMatchObject({ code: 'MEDIA_CORRUPT' })
  })

  it('never asks the host that the sender names', async () => {
    const evil = [
      'https://evil.test/x',
      '//evil.test/x',
      '\\\\evil.test\\x',
      'http://127.0.0.1/x',
      '@evil.test/x',
    ]
    for (const directPath of evil.slice(0, 4))
      await expect(collect({ ...source, directPath })).rejects.toMatchObject({ code: 'MEDIA_GONE' })
    // A path like any other: the host has no such file.
    await expect(collect({ ...source, directPath: evil[4]! })).rejects.toMatchObject({ code: 'MEDIA_GONE' })
  })

  it('can be asked for again with what is stored of the file', () => {
    const { imageMessage } = mediaMessage(source)
    expect(imageMessage?.directPath).toBe(source.directPath)
    expect(Buffer.from(imageMessage!.mediaKey!).toString('base64')).toBe(source.mediaKey)
  })
})
