import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Sayable } from '../../simulator/phones/send.ts'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const BEN = '34600000003'
const WAIT = 1_500

interface Delivered {
  message_id: string
  type: string
  body: string | null
  caption: string | null
  reply_to: string | null
  media: {
    id: string
    url: string
    mimetype: string
    filename: string | null
    size: number
    seconds: number | null
    error: string | null
  } | null
}

const PLAIN = { mimetype: 'application/octet-stream', filename: null, seconds: null, ptt: null }
const bytes = randomBytes(200_000)
const sha = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')

describe('what people send', () => {
  const world = new World({ MEDIA_WAIT_MS: String(WAIT), CONNECT_PER_SECOND: '1000' })
  beforeAll(async () => {
    await world.start()
    await world.link('shop', SHOP)
  }, 30_000)
  afterAll(() => world.end())

  const ana = () => world.simulator.contact(ANA)
  const delivered = async (id: string) =>
    (await world.laravel.seen(({ path, body }) => path === '/messages' && body.message_id === id))
      .body as unknown as Delivered
  const said = async (content: Sayable, from = ANA) =>
    delivered((await world.simulator.contact(from).say(SHOP, content)).id)
  const fetched = async (url: string, init?: RequestInit) => {
    const response = await fetch(url, init)
    return {
      status: response.status,
      headers: response.headers,
      data: Buffer.from(await response.arrayBuffer()),
    }
  }

  it.each<[string, Sayable, Partial<Delivered>, object]>([
    [
      'image',
      { image: bytes, mimetype: 'image/jpeg', caption: 'the sea' },
      { caption: 'the sea' },
      { mimetype: 'image/jpeg' },
    ],
    ['video', { video: bytes, seconds: 7 }, { caption: null }, { mimetype: 'video/mp4', seconds: 7 }],
    [
      'audio',
      { audio: bytes, ptt: true, seconds: 3 },
      {},
      { mimetype: 'audio/ogg; codecs=opus', seconds: 3, ptt: true },
    ],
    ['audio', { audio: bytes, mimetype: 'audio/mpeg' }, {}, { mimetype: 'audio/mpeg', ptt: false }],
    [
      'document',
      { document: bytes, mimetype: 'application/pdf', filename: 'bill.pdf', caption: 'June' },
      { caption: 'June' },
      { mimetype: 'application/pdf', filename: 'bill.pdf' },
    ],
    ['sticker', { sticker: bytes }, {}, { mimetype: 'image/webp' }],
  ])('%s arrives, and its file byte for byte without a key', async (type, content, message, file) => {
    const { media, ...rest } = await said(content)
    expect(rest).toMatchObject({ type, ...message })
    expect(media).toEqual({
      ...PLAIN,
      ...file,
      id: sha(bytes),
      size: bytes.length,
      error: null,
      url: media!.url,
    })
    expect(media!.url).toMatch(`${world.url}/media/${sha(bytes)}?`)
    const { status, headers, data } = await fetched(media!.url)
    expect([status, sha(data)]).toEqual([200, sha(bytes)])
    expect(headers.get('content-disposition')).toMatch(/^attachment/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('is never run by a browser on our origin, be it a page or a drawing', async () => {
    const page = Buffer.from('<script>fetch("/sessions")</script>')
    for (const mimetype of ['text/html', 'image/svg+xml', 'application/xhtml+xml']) {
      const { media } = await said({ document: page, mimetype, filename: 'a.html' })
      const { headers, data } = await fetched(media!.url)
      expect(data.equals(page)).toBe(true)
      expect(headers.get('content-disposition')).toMatch(/^attachment/)
      expect(headers.get('content-security-policy')).toMatch(/sandbox/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('is served in ranges, to HEAD and with an API key, but not for a link that was changed', async () => {
    const { media } = await said({ image: bytes })
    const { url } = media!
    const part = await fetched(url, { headers: { range: 'bytes=100-199' } })
    expect([part.status, part.data.equals(bytes.subarray(100, 200))]).toEqual([206, true])
    const head = await fetched(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), head.data.length]).toEqual([200, '200000', 0])
    const bare = url.replace(/\?.*/, '')
    const withKey = await fetched(bare, { headers: { authorization: 'Bearer test-key-1' } })
    expect([withKey.status, withKey.data.equals(bytes)]).toEqual([200, true])
    const other = url.replace(sha(bytes), 'a'.repeat(64))
    for (const wrong of [bare, `${url}x`, other, url.replace(/expires=\d+/, 'expires=99999999999')])
      expect((await fetched(wrong)).status).toBe(401)
  })

  it('is asked for at the phone when WhatsApp has deleted the file', async () => {
    const data = randomBytes(50_000)
    world.simulator.media.faults.add({ kind: 'status', status: 404, on: 'download', times: 1 })
    const { media } = await said({ image: data })
    expect(media!.error).toBeNull()
    expect((await fetched(media!.url)).data.equals(data)).toBe(true)
  })

  it.each<[string, Parameters<typeof world.simulator.media.faults.add>[0], RegExp]>([
    [
      'that fails for a while',
      { kind: 'status', status: 500, on: 'download' },
      /not downloaded yet: .*HTTP 500/,
    ],
    ['that comes in pieces that stop', { kind: 'cut', on: 'download' }, /not downloaded yet/],
    ['that hangs', { kind: 'hang', on: 'download' }, /not downloaded yet: it is on its way/],
    ['that is another', { kind: 'corrupt', on: 'download' }, /not the one that was sent/],
  ])('a file %s does not keep its message, nor other chats', async (_, fault, error) => {
    world.simulator.media.faults.add(fault)
    const data = randomBytes(20_000)
    const began = performance.now()
    const { id } = await ana().say(SHOP, { image: data, caption: 'c' })
    const after = (await ana().say(SHOP, 'after it')).id
    await said('in another chat', BEN)
    expect(performance.now() - began).toBeLessThan(WAIT)
    const { media, caption } = await delivered(id)
    expect(caption).toBe('c')
    expect(media!.error).toMatch(error)
    expect((await fetched(media!.url)).status).toBe(404)
    await delivered(after)
    const order = world.laravel.received
      .filter(({ path }) => path === '/messages')
      .map(({ body }) => body.message_id)
    expect(order.indexOf(id)).toBeLessThan(order.indexOf(after))
    world.simulator.media.faults.heal()
    if (fault.kind !== 'status') return
    // The link works once the file is there.
    await vi.waitFor(async () => expect((await fetched(media!.url)).data.equals(data)).toBe(true), {
      timeout: 20_000,
      interval: 200,
    })
  })

  it('survives the death of the manager in the middle of a download', { timeout: 60_000 }, async () => {
    world.simulator.media.faults.add({ kind: 'slow', on: 'download', bytesPerSecond: 20_000, times: 1 })
    const data = randomBytes(100_000)
    const { id } = await ana().say(SHOP, { document: data, filename: 'slow.bin' })
    await vi.waitFor(() => expect(world.simulator.media.faults.met).toBeGreaterThan(0), { timeout: 10_000 })
    await world.stopManager('SIGKILL')
    world.simulator.media.faults.heal()
    await world.startManager()
    await delivered(id)
    await vi.waitFor(
      async () => {
        const response = await fetched(`${world.url}/media/${sha(data)}`, {
          headers: { 'x-api-key': 'test-key-1' },
        })
        expect(response.data.equals(data)).toBe(true)
      },
      { timeout: 20_000, interval: 100 },
    )
  })

  it('arrives with the name of its kind: edits, reactions, places, contacts, what is not supported', async () => {
    await world.waitForState('shop', 'open')
    const { id } = await ana().say(SHOP, 'first words')
    await delivered(id)
    const edit = await delivered((await ana().edit(SHOP, id, 'better words')).id)
    expect(edit).toMatchObject({ type: 'edit', body: 'better words', reply_to: id, media: null })
    const reaction = await delivered((await ana().react(SHOP, id, '👍')).id)
    expect(reaction).toMatchObject({ type: 'reaction', body: '👍', reply_to: id })
    const gone = await delivered((await ana().revoke(SHOP, id)).id)
    expect(gone).toMatchObject({ type: 'delete', body: null, reply_to: id })
    expect(await said({ poll: { name: 'Tea?', options: ['Yes', 'No'] } })).toMatchObject({
      type: 'poll',
      body: 'Tea?',
      caption: 'Yes\nNo',
    })
    expect(
      await said({ locationMessage: { degreesLatitude: 1.5, degreesLongitude: -2, name: 'Sol' } }),
    ).toMatchObject({
      type: 'location',
      body: '1.5,-2',
      caption: 'Sol',
    })
    expect(await said({ paymentInviteMessage: {} })).toMatchObject({
      type: 'unsupported',
      body: 'paymentInviteMessage',
    })
  })

  it('arrives as words when it is a vote in a poll, ours or of others', async () => {
    const asked = await world.call('POST', '/send-message', {
      session_id: 'shop',
      wa_id: ANA,
      type: 'poll',
      body: 'Tea or coffee?',
      options: ['Tea', 'Coffee', 'Water'],
      select: 0,
    })
    const poll = String(asked.body.message_id)
    await vi.waitFor(() => expect(ana().inbox.map(({ id }) => id)).toContain(poll), { timeout: 10_000 })
    const vote = async (answers: string[], addressing: 'pn' | 'lid') =>
      delivered((await ana().vote(SHOP, poll, answers, { addressing })).id)
    expect(await vote(['Coffee', 'Tea'], 'pn')).toMatchObject({
      type: 'poll_vote',
      body: 'Tea\nCoffee',
      reply_to: poll,
    })
    expect(await vote(['Water'], 'lid')).toMatchObject({ body: 'Water' })
    expect(await vote([], 'pn')).toMatchObject({ type: 'poll_vote', body: '' })
    const { id } = await ana().say(SHOP, { poll: { name: 'Mine?', options: ['A', 'B'] } })
    const own = await delivered((await ana().vote(SHOP, id, ['A'])).id)
    expect(own).toMatchObject({ type: 'poll_vote', body: 'A', reply_to: id })
  })

  it('in a group comes with its name, from the second message on', async () => {
    const { jid } = world.simulator.group('Team', [SHOP, ANA])
    const inGroup = async () => delivered((await ana().say(jid, { image: bytes })).id)
    const author = { is_group: true, participant: ana().account.lidJid, from: ANA, media: { error: null } }
    expect(await inGroup()).toMatchObject({ ...author, subject: null })
    await vi.waitFor(async () => expect(await inGroup()).toMatchObject({ ...author, subject: 'Team' }), {
      timeout: 10_000,
    })
  })

  it('leaves no key to a file behind, in a log or at Laravel', async () => {
    const { id } = await ana().say(SHOP, { image: randomBytes(100) })
    await delivered(id)
    const key = Buffer.from(ana().said(id)!.message.imageMessage!.mediaKey!)
    const everywhere = [world.output, JSON.stringify(world.laravel.received)]
    for (const text of everywhere)
      for (const form of [key.toString('base64'), key.toString('hex')]) expect(text).not.toContain(form)
  })

  it('is deleted with its session', async () => {
    const { media } = await said({ image: randomBytes(1_000) })
    expect((await fetched(media!.url)).status).toBe(200)
    expect((await world.call('DELETE', '/sessions/shop')).status).toBe(200)
    await vi.waitFor(async () => expect((await fetched(media!.url)).status).toBe(404), { timeout: 5_000 })
  })
})
