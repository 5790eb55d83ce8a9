import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import type { MediaStore } from '../../../src/ports/media/media-store.ts'
import { chunks, read, sha256 } from '../store-contract.ts'
import { createFaultProxy, type Fault, type FaultProxy } from './fault-proxy.ts'
import { createS3World, type S3World } from './s3-world.ts'

const MB = 1024 * 1024
const LIMITS = { maxBytes: 100 * MB }
const data = randomBytes(3 * MB)
const id = sha256(data)

const uploads: Fault['on'] = ({ method, url }) => method === 'PUT' && url.includes(id)
const downloads: Fault['on'] = ({ method, url }) => method === 'GET' && url.includes(id)
const all: Fault['on'] = () => true

let world: S3World
let proxy: FaultProxy
beforeEach(async () => {
  world = await createS3World()
  proxy = await createFaultProxy(() => world.server.port)
})
afterEach(async () => {
  await proxy.close()
  await world.close()
})

/** A store behind the proxy, and another node, which has nothing of its own. */
async function openBoth(
  timing?: typeof PATIENT,
): Promise<{ store: MediaStore; other: MediaStore; dataDir: string }> {
  const through = { endpoint: proxy.url, ...(timing && { timing }) }
  const { store, dataDir } = await world.open(through)
  return { store, dataDir, other: (await world.open(through)).store }
}
/** As the product has it: what fails for a moment may do so on a slow machine. */
const PATIENT = { connect: 3_000, silence: 8_000, again: 6_000 }
const put = (store: MediaStore) => store.put(chunks(data.subarray(0, MB), data.subarray(MB)), LIMITS)
async function failureOf(work: Promise<unknown>): Promise<GatewayError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(GatewayError)
  return error as GatewayError
}

describe('a server that fails for a moment', () => {
  it.each<[string, Fault]>([
    ['503 SlowDown', { on: uploads, times: 2, kind: { answer: 503, code: 'SlowDown' } }],
    ['500', { on: uploads, times: 2, kind: { answer: 500, code: 'InternalError' } }],
    ['429', { on: all, times: 2, kind: { answer: 429, code: 'TooManyRequests' } }],
    ['a cut in mid-body', { on: uploads, times: 2, kind: { cutUploadAfter: MB } }],
  ])('%s: the file is stored all the same', async (_, fault) => {
    const { store, other } = await openBoth(PATIENT)
    proxy.add(fault)
    expect(await put(store)).toEqual({ id, size: data.length })
    expect(fault.times).toBe(0)
    expect(sha256(await buffer((await other.open(id))!.stream))).toBe(id)
  })

  it.each<[string, Fault]>([
    ['503 SlowDown', { on: downloads, times: 2, kind: { answer: 503, code: 'SlowDown' } }],
    ['a cut in mid-body', { on: downloads, times: 3, kind: { cutDownloadAfter: MB / 2 } }],
  ])('%s: the file is read all the same, from where it was', async (_, fault) => {
    const { store, other } = await openBoth(PATIENT)
    await put(store)
    proxy.add(fault)
    expect(sha256(await buffer((await other.open(id))!.stream))).toBe(id)
    expect(fault.times).toBe(0)
    const part = await other.open(id, { start: MB, end: 2 * MB })
    expect((await buffer(part!.stream)).equals(data.subarray(MB, 2 * MB + 1))).toBe(true)
  })

  it('a file that comes slowly comes whole', async () => {
    const { store, other } = await openBoth()
    await put(store)
    proxy.add({ on: downloads, kind: { slow: 5 } })
    expect(sha256(await buffer((await other.open(id))!.stream))).toBe(id)
  })
})

describe('a server that goes on failing', () => {
  it.each<[string, Fault, RegExp]>([
    [
      '503',
      { on: all, kind: { answer: 503, code: 'SlowDown' } },
      /\((?:SlowDown|HTTP 503)\): its server is overloaded/,
    ],
    [
      '403',
      { on: all, kind: { answer: 403, code: 'AccessDenied' } },
      /\((?:AccessDenied|Forbidden|HTTP 403)\): check AWS_ACCESS_KEY_ID/,
    ],
    ['a cut in mid-body', { on: uploads, kind: { cutUploadAfter: MB } }, /AWS_ENDPOINT_URL_S3/],
  ])(
    '%s: nothing is stored, the caller is told what is wrong',
    { timeout: 40_000 },
    async (_, fault, told) => {
      const { store, dataDir } = await openBoth()
      proxy.add(fault)
      const error = await failureOf(put(store))
      expect(error).toMatchObject({ code: 'MEDIA_STORE_FAILED', retryable: true })
      expect(error.message).toMatch(told)
      expect(await readdir(join(dataDir, 'media-cache'))).toEqual([])
      proxy.heal()
      await put(store)
      expect(await world.keys()).toEqual([`${id.slice(0, 2)}/${id}`])
    },
  )

  it('that is away, too, and comes back', { timeout: 40_000 }, async () => {
    const { store, other } = await openBoth()
    await put(store)
    await world.server.stop()
    const works = [() => store.put(chunks('new'), LIMITS), () => other.open(id), () => other.remove(id)]
    for (const work of works)
      expect((await failureOf(work())).message).toMatch(/ECONNRE(?:FUSED|SET)\): check AWS_ENDPOINT_URL_S3/)
    // What is here is served from here.
    expect(sha256(await buffer((await store.open(id))!.stream))).toBe(id)
    await world.server.start()
    expect(sha256(await buffer((await other.open(id))!.stream))).toBe(id)
  })

  it('that says nothing is given up in time', { timeout: 60_000 }, async () => {
    const { other } = await openBoth()
    proxy.add({ on: all, kind: 'silence' })
    const began = performance.now()
    const error = await failureOf(other.open(id))
    expect(error.message).toMatch(/TimeoutError|ETIMEDOUT|ECONNRESET/)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it.each<[string, Fault, RegExp]>([
    ['other bytes', { on: downloads, kind: 'flip' }, /\(OtherBytes\): its server gave another file/],
    ['silence in mid-body', { on: downloads, kind: { cutDownloadAfter: 0 } }, /MEDIA_URL=/],
  ])('%s never pass for the file', { timeout: 40_000 }, async (_, fault, told) => {
    const { store, other } = await openBoth()
    await put(store)
    proxy.add(fault)
    const { stream } = (await other.open(id))!
    let seen = 0
    stream.on('data', (piece: Buffer) => {
      seen += piece.length
    })
    const error = await new Promise(resolve => stream.once('error', resolve).once('end', resolve))
    expect(error).toMatchObject({ code: 'MEDIA_STORE_FAILED', message: expect.stringMatching(told) })
    expect(seen).toBeLessThan(data.length)
    expect((await failureOf(other.withFile(id, async () => true))).message).toMatch(told)
  })

  it('a file that is gone between the look and the reading is an error, too', async () => {
    const { store, other } = await openBoth()
    await put(store)
    const { stream } = (await other.open(id))!
    await store.remove(id)
    await expect(read(stream)).rejects.toMatchObject({ code: 'MEDIA_STORE_FAILED' })
  })

  it('keeps no other file from being pruned, and is told', { timeout: 60_000 }, async () => {
    const { store, table } = await world.open({ endpoint: proxy.url })
    await put(store)
    await store.put(chunks('other'), LIMITS)
    proxy.add({
      on: ({ url, method }) => method !== 'HEAD' && url.includes(id),
      kind: { answer: 403, code: 'AccessDenied' },
    })
    const at = Date.now() + 7_200_000
    expect(await store.prune(at, 10)).toMatchObject({
      removed: 1,
      more: false,
      failed: { code: 'MEDIA_STORE_FAILED' },
    })
    expect([...table.files]).toEqual([[id, at + 86_400_000]])
  })
})

describe('the start', () => {
  it.each<[string, Parameters<S3World['open']>[0], Fault[], RegExp]>([
    [
      'a bucket that is not there',
      { bucket: 'nobody' },
      [],
      /^.*MEDIA_URL=s3:\/\/nobody\/some\/where \(.*there is no such bucket/,
    ],
    [
      'a server that refuses',
      {},
      [{ on: ({ method }) => method === 'PUT', kind: { answer: 403, code: 'AccessDenied' } }],
      /\(AccessDenied\): check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and what the policy/,
    ],
    [
      'a host that is not there',
      { endpoint: 'http://nobody.invalid' },
      [],
      /\(ENOTFOUND\): check AWS_ENDPOINT_URL_S3/,
    ],
  ])('is stopped in one line by %s', { timeout: 40_000 }, async (_, options, faults, told) => {
    for (const fault of faults) proxy.add(fault)
    const error = await failureOf(world.open({ endpoint: proxy.url, ...options }))
    expect(error).toMatchObject({ code: 'BAD_CONFIG', retryable: false })
    expect(error.message).toMatch(told)
    expect(error.message).not.toContain('\n')
  })

  it.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ])('is stopped by a wrong %s, which is not shown', async name => {
    const right = process.env[name]
    process.env[name] = 'WR0NG-AND-S3CRET'
    try {
      const error = await failureOf(world.open())
      expect([error.code, error.cause]).toEqual(['BAD_CONFIG', undefined])
      expect(error.message).toMatch(/check AWS_ACCESS_KEY_ID/)
      expect(`${error.message} ${world.lines.join()}`).not.toMatch(/WR0NG|S3RVER/)
    } finally {
      process.env[name] = right
    }
  })

  it('is not stopped by a server that is away: media are, until it is back', {
    timeout: 40_000,
  }, async () => {
    await world.server.stop()
    const { store } = await world.open()
    expect(world.lines.join()).toMatch(/"level":"warn".*ECONNREFUSED.*media cannot be stored for now/)
    await world.server.start()
    expect(await put(store)).toMatchObject({ id })
  })
})
