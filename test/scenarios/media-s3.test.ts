import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasFfmpeg } from '../media/convert/voice.ts'
import { createFaultProxy, type FaultProxy } from '../media/s3/fault-proxy.ts'
import { BUCKET, createS3Server, KEYS, type S3Server } from '../media/s3/s3-server.ts'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const DAY = 86_400_000
const PREFIX = 'wm/media/'

const run = promisify(execFile)
const sha = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
const keyOf = (id: string) => `${id.slice(0, 2)}/${id}`
const picture = () => Buffer.concat([Buffer.from('ffd8ffe000104a464946000101', 'hex'), randomBytes(200_000)])

/** A second of silence as WAV. */
function wav(): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + 16_000, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(16_000, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(16_000, 40)
  return Buffer.concat([head, Buffer.alloc(16_000)])
}

describe('with media in a bucket', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clock-'))
  const shift = join(folder, 'shift')
  let server: S3Server
  let proxy: FaultProxy
  let world: World
  beforeAll(async () => {
    writeFileSync(shift, '0')
    server = await createS3Server()
    proxy = await createFaultProxy(() => server.port)
    world = new World({
      ...KEYS,
      MEDIA_URL: `s3://${BUCKET}/${PREFIX}`,
      AWS_ENDPOINT_URL_S3: proxy.url,
      AWS_EC2_METADATA_DISABLED: 'true',
      MEDIA_WAIT_MS: '1500',
      MEDIA_KEEP_DAYS: '1',
      BODY_KEEP_DAYS: '1',
      NODE_OPTIONS: `--import ${new URL('../../harness/jumping-clock.ts', import.meta.url).href}`,
      CLOCK_SHIFT_FILE: shift,
    })
    await world.start()
    await world.link('shop', SHOP)
  }, 60_000)
  afterAll(async () => {
    await world.end()
    await proxy.close()
    await server.close()
    rmSync(folder, { recursive: true })
  })

  const ana = () => world.simulator.contact(ANA)
  const stored = () => server.keys(PREFIX)
  const said = async (data: Buffer, caption?: string) => {
    const { id } = await ana().say(SHOP, { image: data, mimetype: 'image/jpeg', ...(caption && { caption }) })
    const { body } = await world.laravel.seen(one => one.path === '/messages' && one.body.message_id === id)
    return body as unknown as { message_id: string; media: { url: string; error: string | null } }
  }
  const fetched = async (url: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url, { headers })
    return { status: response.status, data: Buffer.from(await response.arrayBuffer()) }
  }
  const send = (fields: object) =>
    world.call('POST', '/send-message', { session_id: 'shop', wa_id: ANA, ...fields })
  const got = async (id: unknown) => {
    const { inbox } = ana()
    await vi.waitFor(() => expect(inbox.map(line => line.id)).toContain(id), { timeout: 20_000 })
    return inbox.find(line => line.id === id)!
  }

  it('what arrives lies there, and comes by a link of the manager, whole and in ranges', async () => {
    const data = picture()
    const { media } = await said(data, 'the sea')
    expect(media.error).toBeNull()
    expect(media.url).toMatch(`${world.url}/media/${sha(data)}?`)
    expect(await stored()).toEqual([keyOf(sha(data))])
    expect((await fetched(media.url)).data.equals(data)).toBe(true)
    const part = await fetched(media.url, { range: 'bytes=1000-1999' })
    expect([part.status, part.data.equals(data.subarray(1000, 2000))]).toEqual([206, true])
    expect(await readdir(world.dataDir)).not.toContain('media')
  })

  it('what is sent lies there, and reaches the contact byte for byte', async () => {
    const data = picture()
    const { status, body } = await send({
      type: 'document',
      media_base64: data.toString('base64'),
      filename: 'a.bin',
    })
    expect([status, body.status]).toEqual([200, 'sent'])
    expect(sha(await ana().download(await got(body.message_id)))).toBe(sha(data))
    expect(await stored()).toContain(keyOf(sha(data)))
  })

  it.skipIf(!hasFfmpeg)('what has to be converted is (skipped where ffmpeg is not installed)', async () => {
    const { status, body } = await send({ type: 'audio', media_base64: wav().toString('base64') })
    // Converting takes what it takes.
    expect([200, 202]).toContain(status)
    const line = await got(body.message_id)
    expect(line.message.audioMessage).toMatchObject({ ptt: true, seconds: 1 })
    expect(await stored()).toContain(keyOf(sha(await ana().download(line))))
  })

  it('a server that fails for a moment is not noticed', async () => {
    const data = picture()
    proxy.add({ on: ({ method }) => method === 'PUT', times: 1, kind: { answer: 503, code: 'SlowDown' } })
    proxy.add({ on: ({ method }) => method === 'PUT', times: 1, kind: { cutUploadAfter: 100_000 } })
    const { media } = await said(data)
    expect(media.error).toBeNull()
    expect((await fetched(media.url)).data.equals(data)).toBe(true)
  })

  it('while its server is away messages go on, files come once it is back, and a send says why', async () => {
    await server.stop()
    const data = picture()
    const { media } = await said(data, 'without its file')
    expect(media.error).toMatch(/not downloaded yet/)
    const refused = await send({ type: 'image', media_base64: picture().toString('base64') })
    expect([refused.status, refused.body]).toMatchObject([503, { error: 'MEDIA_STORE_FAILED' }])
    expect(String(refused.body.message)).toContain(`MEDIA_URL=s3://${BUCKET}/wm/media (`)
    const text = await world.send('shop', ANA, 'words go')
    expect(text.status).toBe(200)
    await server.start()
    await vi.waitFor(async () => expect((await fetched(media.url)).data.equals(data)).toBe(true), {
      timeout: 40_000,
      interval: 500,
    })
  }, 90_000)

  it('after kill -9 all of it is there, from the bucket', { timeout: 60_000 }, async () => {
    const data = picture()
    const { media } = await said(data)
    await world.stopManager('SIGKILL')
    await world.startManager()
    expect(await readdir(join(world.dataDir, 'media-cache'))).toEqual([])
    const url = media.url.replace(/^http:\/\/[^/]+/, world.url)
    expect((await fetched(url)).data.equals(data)).toBe(true)
    proxy.add({ on: ({ method }) => method === 'GET', times: 1, kind: { cutDownloadAfter: 50_000 } })
    expect((await fetched(url)).data.equals(data)).toBe(true)
    await world.waitForState('shop', 'open')
  })

  it('files and words that are too old go, on a machine whose clock is two days ahead', async () => {
    const { message_id } = await said(picture(), 'old words')
    expect((await stored()).length).toBeGreaterThan(3)
    await world.stopManager('SIGTERM')
    writeFileSync(shift, String(2 * DAY))
    await world.startManager()
    await world.waitForState('shop', 'open')
    await vi.waitFor(async () => expect(await stored()).toEqual([]), { timeout: 100_000, interval: 500 })
    await vi.waitFor(
      async () => {
        const { body } = await world.call('GET', `/sessions/shop/chats/${ANA}/messages?limit=50`)
        const { messages } = body as unknown as { messages: { message_id: string; caption: string | null }[] }
        expect(messages.find(one => one.message_id === message_id)).toMatchObject({ caption: null })
      },
      { timeout: 20_000, interval: 500 },
    )
  }, 150_000)

  it('files go with their session, and no key was ever printed', { timeout: 120_000 }, async () => {
    const { media } = await said(picture())
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1), { timeout: 20_000 })
    expect([200, 202]).toContain((await world.call('DELETE', '/sessions/shop')).status)
    // A 202: WhatsApp has yet to confirm the logout.
    await vi.waitFor(async () => expect(await stored()).toEqual([]), { timeout: 60_000 })
    expect((await fetched(media.url)).status).toBe(404)
    expect(world.output).not.toContain(KEYS.AWS_ACCESS_KEY_ID)
  })
})

it('a bucket that is not there stops the start with one line', { timeout: 90_000 }, async () => {
  const server = await createS3Server()
  const dataDir = mkdtempSync(join(tmpdir(), 'media-s3-'))
  try {
    const env = { ...KEYS, MEDIA_URL: 's3://nobody/wm', AWS_ENDPOINT_URL_S3: server.url }
    const started = run(process.execPath, ['src/start.js'], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'silent', ...env },
    })
    await expect(started).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^[^\n]*MEDIA_URL=s3:\/\/nobody\/wm \([^\n]*: there is no such bucket[^\n]*\n$/,
      ),
    })
  } finally {
    await server.close()
    rmSync(dataDir, { recursive: true })
  }
})
