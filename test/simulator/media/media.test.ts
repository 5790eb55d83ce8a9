import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type AnyMessageContent, downloadMediaMessage } from '@whiskeysockets/baileys'
import { describe, expect, it, onTestFinished } from 'vitest'
import { mediaOf } from '../../../simulator/content/media.ts'
import { MediaFiles } from '../../../simulator/media/files.ts'
import { downloaded, messageOf, trusting } from '../media-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const JID = `${ANA}@s.whatsapp.net`

async function hashOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}

async function linkedWithMedia() {
  const world = await startSimulator()
  const trust = trusting(world.simulator.media)
  const { one } = await world.linked(SHOP, trust.config)
  return { ...world, trust, one, ana: world.simulator.contact(ANA) }
}

describe('media from a contact', () => {
  // One byte, just below, at and above the AES block, and one that comes in several chunks.
  const bytes = { image: 1, video: 15, audio: 16, document: 17, sticker: 200_003 } as const

  it.each(Object.entries(bytes))('%s of %i bytes arrives byte for byte', async (kind, length) => {
    const { trust, one, ana } = await linkedWithMedia()
    const file = randomBytes(length)
    const { id } = await ana.say(SHOP, { [kind]: file } as { image: Buffer })
    const message = await messageOf(one, id)
    expect(await downloaded(message, trust)).toEqual(file)
    const part = mediaOf(message.message)
    expect(part?.kind).toBe(kind)
    expect(Number(part?.media.fileLength)).toBe(length)
    expect(Buffer.from(part!.media.fileSha256!)).toEqual(createHash('sha256').update(file).digest())
  })

  it('keep caption, mimetype, file name, duration and waveform', async () => {
    const { one, ana, trust } = await linkedWithMedia()
    const folder = await mkdtemp(join(tmpdir(), 'media-test-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'a.pdf')
    await writeFile(path, 'from a file')
    const about = { mimetype: 'application/pdf', filename: 'bill.pdf', caption: 'the bill' }
    const bill = await messageOf(one, (await ana.say(SHOP, { document: path, ...about })).id)
    // As phones send a document with a caption.
    expect(bill.message?.documentWithCaptionMessage?.message?.documentMessage).toMatchObject({
      mimetype: 'application/pdf',
      fileName: 'bill.pdf',
      caption: 'the bill',
    })
    expect(String(await downloaded(bill, trust))).toBe('from a file')
    const waveform = Buffer.from([0, 50, 100])
    const spoken = { audio: randomBytes(100), ptt: true, seconds: 7, waveform }
    const voice = await messageOf(one, (await ana.say(SHOP, spoken)).id)
    expect(voice.message?.audioMessage).toMatchObject({ ptt: true, seconds: 7 })
    expect(Buffer.from(voice.message!.audioMessage!.waveform!)).toEqual(waveform)
  })

  it('arrive in a group', async () => {
    const { simulator, trust, one, ana } = await linkedWithMedia()
    const group = simulator.group('Orders', [ANA, SHOP])
    const file = randomBytes(5_000)
    const { id } = await ana.say(group.jid, { image: file, caption: 'for all' })
    const message = await messageOf(one, id)
    expect(message.message?.imageMessage?.caption).toBe('for all')
    expect(await downloaded(message, trust)).toEqual(file)
  })

  it('are downloaded in parts with Range', async () => {
    const { one, ana, trust } = await linkedWithMedia()
    const file = randomBytes(100_000)
    const message = await messageOf(one, (await ana.say(SHOP, { video: file })).id)
    const part = { startByte: 40_000, endByte: 40_100, options: trust.options }
    expect(await downloadMediaMessage(message, 'buffer', part)).toEqual(file.subarray(40_000, 40_100))
  })

  it('are answered with exactly the bytes that were asked for', async () => {
    const { ana, trust, simulator } = await linkedWithMedia()
    const { id } = await ana.say(SHOP, { image: randomBytes(100) })
    const { directPath } = mediaOf(ana.said(id)?.message)!.media
    // 100 bytes, padded to 112, and the MAC.
    const whole = await readFile(simulator.media.files.find(directPath!)!.file)
    expect(whole).toHaveLength(122)
    const ask = async (range?: string, method = 'GET') => {
      const response = await fetch(`https://${simulator.media.host}${directPath}`, {
        method,
        dispatcher: trust.options.dispatcher,
        ...(range && { headers: { range } }),
      } as RequestInit)
      const body = Buffer.from(await response.arrayBuffer()).toString('hex')
      return [response.status, response.headers.get('content-range'), body]
    }
    const part = (start: number, end: number) => whole.subarray(start, end).toString('hex')
    expect(await ask()).toEqual([200, null, part(0, 122)])
    expect(await ask('bytes=0-0')).toEqual([206, 'bytes 0-0/122', part(0, 1)])
    expect(await ask('bytes=16-31')).toEqual([206, 'bytes 16-31/122', part(16, 32)])
    expect(await ask('bytes=112-')).toEqual([206, 'bytes 112-121/122', part(112, 122)])
    expect(await ask('bytes=112-500')).toEqual([206, 'bytes 112-121/122', part(112, 122)])
    expect(await ask('bytes=122-')).toEqual([416, 'bytes */122', ''])
    expect(await ask('lines=1-2')).toEqual([200, null, part(0, 122)])
    expect((await ask(undefined, 'DELETE'))[0]).toBe(405)
  })

  it('are refused by a client that does not trust the certificate authority', async () => {
    const { one, ana } = await linkedWithMedia()
    const message = await messageOf(one, (await ana.say(SHOP, { image: randomBytes(9) })).id)
    await expect(downloadMediaMessage(message, 'buffer', {})).rejects.toThrow('fetch failed')
  })
})

describe('media from a device', () => {
  const wave = new Uint8Array(64).fill(7)
  const kinds: [string, (file: Buffer) => AnyMessageContent, string][] = [
    ['image', image => ({ image, caption: 'look', jpegThumbnail: 'eA==' }), 'look'],
    ['video', video => ({ video, caption: 'watch', jpegThumbnail: 'eA==' }), 'watch'],
    ['audio', audio => ({ audio, ptt: true, seconds: 3, waveform: wave }) as AnyMessageContent, ''],
    [
      'document',
      document => ({ document, mimetype: 'text/plain', fileName: 'a.txt', caption: 'read' }),
      'read',
    ],
    ['sticker', sticker => ({ sticker }), ''],
  ]
  it.each(kinds)('%s arrives byte for byte', async (kind, content, text) => {
    const { one, ana } = await linkedWithMedia()
    const file = randomBytes(123_457)
    const sent = await one.socket!.sendMessage(JID, content(file))
    const got = await ana.next()
    expect(got).toMatchObject({ id: sent?.key.id, text })
    expect(mediaOf(got.message)?.kind).toBe(kind)
    expect(await ana.download(got)).toEqual(file)
  })

  it('of 64 MB pass in both directions with little memory', async () => {
    const { one, ana, trust, simulator } = await linkedWithMedia()
    const folder = await mkdtemp(join(tmpdir(), 'media-test-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'large')
    const length = 64 * 1024 * 1024
    const piece = randomBytes(1024 * 1024)
    await writeFile(path, Array<Buffer>(64).fill(piece))
    const hash = await hashOf(createReadStream(path))
    let most = 0
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const looking = setInterval(() => {
      let held = process.memoryUsage().arrayBuffers
      if (held >= length) {
        // What waits to be collected is not held. Buffers are freed by another thread, which the second round waits for.
        collect()
        collect()
        held = process.memoryUsage().arrayBuffers
      }
      most = Math.max(most, held)
    }, 100)
    onTestFinished(() => clearInterval(looking))
    const sent = await one.socket!.sendMessage(JID, { document: { url: path }, mimetype: 'video/mp4' })
    const got = await ana.next(30_000)
    expect(got.id).toBe(sent?.key.id)
    const copy = join(folder, 'copy')
    await ana.save(got, copy)
    expect(await hashOf(createReadStream(copy))).toBe(hash)
    const message = await messageOf(one, (await ana.say(SHOP, { document: path })).id)
    expect(await hashOf(await downloadMediaMessage(message, 'stream', { options: trust.options }))).toBe(hash)
    expect(most).toBeGreaterThan(0)
    // A busy machine has more on its way; whoever holds a file has all of it.
    expect(most).toBeLessThan(length)
    expect(simulator.media.files.size).toBeGreaterThan(2 * length)
  }, 60_000)

  it('are refused when a byte or a field of them was changed', async () => {
    const { one, ana, simulator } = await linkedWithMedia()
    await one.socket!.sendMessage(JID, { document: randomBytes(40), mimetype: 'text/plain' })
    const { message } = await ana.next()
    const document = message.documentMessage!
    const other = Buffer.alloc(32, 7)
    const changed = (fields: object) =>
      ana.download({ message: { documentMessage: { ...document, ...fields } } })
    expect(await changed({})).toHaveLength(40)
    await expect(changed({ mediaKey: other })).rejects.toThrow('the MAC')
    await expect(changed({ fileSha256: other })).rejects.toThrow('another hash')
    await expect(changed({ fileEncSha256: other })).rejects.toThrow('not the one of the message')
    await expect(changed({ fileLength: 41 })).rejects.toThrow('another length')
    await expect(changed({ directPath: '/v/elsewhere' })).rejects.toThrow('has no /v/elsewhere')
    await expect(ana.download({ message: { conversation: 'text' } })).rejects.toThrow('no media')
    const { file } = simulator.media.files.find(document.directPath!)!
    const bytes = await readFile(file)
    for (const at of [0, bytes.length - 1]) {
      const bad = Buffer.from(bytes)
      bad[at]! ^= 1
      await writeFile(file, bad)
      await expect(changed({})).rejects.toThrow('the MAC')
    }
    await writeFile(file, bytes.subarray(0, 5))
    await expect(changed({})).rejects.toThrow('the MAC')
  })

  it('cannot be uploaded with another body, without auth, or to another path', async () => {
    const { simulator, trust } = await linkedWithMedia()
    const { media } = simulator
    const post = (path: string) =>
      fetch(`https://${media.host}${path}`, {
        method: 'POST',
        body: 'body',
        dispatcher: trust.options.dispatcher,
      } as RequestInit).then(response => response.status)
    const token = createHash('sha256').update('body').digest('base64url')
    const auth = encodeURIComponent(media.auth)
    expect(await post(`/mms/image/${token}?auth=${auth}`)).toBe(200)
    expect(await post(`/mms/image/${token}?auth=wrong`)).toBe(401)
    expect(await post(`/mms/image/${token.replace(/.$/, '_')}?auth=${auth}`)).toBe(400)
    expect(await post(`/elsewhere/image/${token}?auth=${auth}`)).toBe(404)
    expect(media.files.size).toBe(4)
  })
})

describe('the files of the media host', () => {
  const some = async function* (...chunks: Buffer[]) {
    yield* chunks
  }

  it('are deleted when the simulator closes', async () => {
    const { simulator, ana } = await linkedWithMedia()
    const { id } = await ana.say(SHOP, { image: randomBytes(9) })
    const { directPath } = mediaOf(ana.said(id)?.message)!.media
    const { file } = simulator.media.files.find(directPath!)!
    expect(existsSync(file)).toBe(true)
    await simulator.close()
    expect(existsSync(file)).toBe(false)
  })

  it('are dropped above a capacity: the oldest first, a file only with its last path, never the newest', async () => {
    const store = new MediaFiles(25)
    onTestFinished(() => store.close())
    const put = async (length: number) => store.write(some(Buffer.alloc(length)))
    const first = await put(10)
    const paths = [await store.publish(first), await store.publish(await put(10)), await store.publish(first)]
    expect(store.size).toBe(20)
    const large = await store.publish(await put(100))
    expect(store.size).toBe(100)
    expect(paths.map(path => store.find(path))).toEqual([undefined, undefined, undefined])
    expect(existsSync(first.file)).toBe(false)
    expect(store.find(large)?.size).toBe(100)
  })

  it('keep nothing of a stream that fails or is too long', async () => {
    const store = new MediaFiles()
    onTestFinished(() => store.close())
    await expect(store.write(some(Buffer.alloc(5), Buffer.alloc(6)), 10)).rejects.toThrow(
      'more than 10 bytes',
    )
    const broken = async function* () {
      yield Buffer.alloc(5)
      throw new Error('gone')
    }
    await expect(store.write(broken())).rejects.toThrow('gone')
    const { file } = await store.write(some(Buffer.alloc(1)))
    expect(await readdir(dirname(file))).toHaveLength(1)
    expect(store.size).toBe(1)
  })
})
