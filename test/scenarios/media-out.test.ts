import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32, deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'

/** A PNG of one colour; random bytes after its end make it as large as asked and change nothing that is seen. */
function png(bytes = 0): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  const header = Buffer.from([0, 0, 0, 40, 0, 0, 0, 20, 8, 2, 0, 0, 0])
  const rows = Buffer.alloc(20 * (1 + 40 * 3), 200)
  for (let row = 0; row < 20; row++) rows[row * 121] = 0
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  const parts = [
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([...parts, randomBytes(bytes)])
}

/** Ogg pages (RFC 3533) of an Opus stream (RFC 7845) that lasts so long. */
function opus(seconds: number): Buffer {
  const page = (flags: number, granule: number, sequence: number, body: Buffer) => {
    const head = Buffer.alloc(28)
    head.write('OggS')
    head[5] = flags
    head.writeBigUInt64LE(BigInt(granule), 6)
    head.writeUInt32LE(7, 14)
    head.writeUInt32LE(sequence, 18)
    head[26] = 1
    head[27] = body.length
    return Buffer.concat([head, body])
  }
  const id = Buffer.concat([
    Buffer.from('OpusHead'),
    Buffer.from([1, 1, 0, 0]),
    Buffer.from([0x80, 0xbb, 0, 0, 0, 0, 0]),
  ])
  const tags = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(8)])
  return Buffer.concat([
    page(2, 0, 0, id),
    page(0, 0, 1, tags),
    page(4, seconds * 48_000, 2, randomBytes(60)),
  ])
}

const mp4 = () =>
  Buffer.concat([Buffer.from('000000186674797069736f6d0000020069736f6d69736f32', 'hex'), randomBytes(5000)])
const webp = () => {
  const head = Buffer.alloc(30)
  head.write('RIFF')
  head.writeUInt32LE(22, 4)
  head.write('WEBPVP8X', 8)
  head.writeUInt32LE(10, 16)
  return head
}
const pdf = () => Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(2000)])

describe('sending', () => {
  const files = new Map<string, Buffer>()
  const world = new World({ LOG_LEVEL: 'info', MEDIA_ALLOW_PRIVATE: 'true' })
  let server: Server
  let base = ''
  beforeAll(async () => {
    server = createServer((request, response) => {
      const file = files.get(request.url ?? '')
      if (file === undefined) response.writeHead(404).end()
      else response.writeHead(200).end(file)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await world.start()
    await world.link('shop', SHOP)
    world.simulator.contact(ANA)
  }, 30_000)
  afterAll(async () => {
    await world.end()
    server.close()
  })

  const send = (fields: object) =>
    world.call('POST', '/send-message', { session_id: 'shop', wa_id: ANA, ...fields })
  const got = async (id: unknown) => {
    const { inbox } = world.simulator.contact(ANA)
    await vi.waitFor(() => expect(inbox.map(line => line.id)).toContain(id), { timeout: 15_000 })
    return inbox.find(line => line.id === id)!
  }
  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const view = (id: unknown) => world.simulator.contact(ANA).view(SHOP).get(String(id))

  it.each([
    [
      'image',
      '/a.png',
      png(3000),
      { caption: 'look' },
      'imageMessage',
      { mimetype: 'image/png', caption: 'look', width: 40, height: 20 },
    ],
    [
      'document',
      '/bill.pdf',
      pdf(),
      { caption: 'your bill' },
      'documentMessage',
      { mimetype: 'application/pdf', fileName: 'bill.pdf', caption: 'your bill' },
    ],
    ['video', '/v.mp4', mp4(), {}, 'videoMessage', { mimetype: 'video/mp4', gifPlayback: false }],
    ['gif', '/g.mp4', mp4(), {}, 'videoMessage', { gifPlayback: true }],
    [
      'audio',
      '/v.ogg',
      opus(7),
      {},
      'audioMessage',
      { ptt: true, seconds: 7, mimetype: 'audio/ogg; codecs=opus' },
    ],
    ['sticker', '/s.webp', webp(), {}, 'stickerMessage', { mimetype: 'image/webp' }],
  ] as const)('%s by mediaUrl arrives byte for byte', async (type, path, bytes, fields, field, shape) => {
    files.set(path, bytes)
    const { status, body } = await send({ type, mediaUrl: `${base}${path}`, ...fields })
    expect([status, body]).toMatchObject([200, { status: 'sent' }])
    const line = await got(body.message_id)
    const content = line.message.documentWithCaptionMessage?.message ?? line.message
    expect(content[field]).toMatchObject(shape)
    expect(sha(await world.simulator.contact(ANA).download(line))).toBe(sha(bytes))
  })

  it('a file in base64 reaches the contact', async () => {
    const bytes = png(100_000)
    const { status, body } = await send({
      type: 'image',
      media_base64: bytes.toString('base64'),
      caption: 'inline',
    })
    expect(status).toBe(200)
    const line = await got(body.message_id)
    expect(line.message.imageMessage?.caption).toBe('inline')
    expect(sha(await world.simulator.contact(ANA).download(line))).toBe(sha(bytes))
  })

  it('a place, a contact and a poll reach the contact', async () => {
    const place = await send({ type: 'location', latitude: 19.43, longitude: -99.13, name: 'Zócalo' })
    expect((await got(place.body.message_id)).message.locationMessage).toMatchObject({
      name: 'Zócalo',
      degreesLatitude: 19.43,
    })
    const card = await send({ type: 'contact', contacts: [{ name: 'Eva', phone: '34600000003' }] })
    expect((await got(card.body.message_id)).message.contactMessage?.vcard).toContain('waid=34600000003')
    const poll = await send({ type: 'poll', body: 'When?', options: ['today', 'tomorrow'] })
    expect((await got(poll.body.message_id)).message.pollCreationMessageV3?.options).toHaveLength(2)
  })

  it('a reply quotes, a reaction is shown, an edit replaces the text, a deletion removes it', async () => {
    const { id } = await world.simulator.contact(ANA).say(SHOP, 'is it open?')
    await world.laravel.seen(({ body }) => body.message_id === id)
    const reply = await send({ type: 'text', body: 'yes', reply_to: id })
    expect((await got(reply.body.message_id)).message.extendedTextMessage?.contextInfo).toMatchObject({
      stanzaId: id,
      quotedMessage: { conversation: 'is it open?' },
    })
    expect((await send({ type: 'reaction', body: '👍', reply_to: id })).status).toBe(200)
    const own = reply.body.message_id
    expect((await send({ type: 'edit', body: 'no, sorry', reply_to: own })).status).toBe(200)
    await vi.waitFor(() => expect(view(own)).toMatchObject({ text: 'no, sorry', edited: true }), {
      timeout: 10_000,
    })
    expect((await send({ type: 'delete', reply_to: own })).status).toBe(200)
    await vi.waitFor(() => expect(view(own)).toMatchObject({ deleted: true }), { timeout: 10_000 })
  })

  it.each([
    ['a link to nothing', { type: 'image', mediaUrl: '/nothing' }, 422, 'MEDIA_UNREACHABLE'],
    [
      'a text as image',
      { type: 'image', media_base64: Buffer.from('hello').toString('base64') },
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['a number that is not there', { type: 'text', body: 'x', wa_id: '34699999999' }, 422, 'NOT_ON_WHATSAPP'],
    ['a reply to what nobody said', { type: 'text', body: 'x', reply_to: 'NEVER' }, 422, 'VALIDATION_FAILED'],
    ['an edit of what a contact said', { type: 'delete', reply_to: 'theirs' }, 422, 'VALIDATION_FAILED'],
  ])('%s is refused, and the chat goes on', async (_what, fields, status, error) => {
    const { id } = await world.simulator.contact(ANA).say(SHOP, 'hello')
    await world.laravel.seen(({ body }) => body.message_id === id)
    const fixed = { ...fields, ...('mediaUrl' in fields && { mediaUrl: `${base}${fields.mediaUrl}` }) }
    if ('reply_to' in fixed && fixed.reply_to === 'theirs') Object.assign(fixed, { reply_to: id })
    expect(await send(fixed)).toMatchObject({ status, body: { error } })
    expect((await send({ type: 'text', body: 'still here' })).status).toBe(200)
  })

  it('a file that was queued while WhatsApp was away goes out under its id, also after a kill -9', {
    timeout: 60_000,
  }, async () => {
    const bytes = png(50_000)
    files.set('/later.png', bytes)
    await world.simulator.fault({ kind: 'refuse' })
    await world.waitForState('shop', 'reconnecting', 'starting')
    const { status, body } = await send({ type: 'image', mediaUrl: `${base}/later.png` })
    expect([status, body.status]).toEqual([202, 'queued'])
    files.delete('/later.png')
    await world.stopManager('SIGKILL')
    await world.simulator.heal()
    await world.startManager()
    await world.waitForState('shop', 'open')
    const line = await got(body.message_id)
    expect(sha(await world.simulator.contact(ANA).download(line))).toBe(sha(bytes))
    expect(world.simulator.ledger.unanswered).toEqual([])
  })
})
