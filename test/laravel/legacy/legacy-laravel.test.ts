import { Readable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { createLaravel } from '../../../src/laravel/client.ts'
import { createLegacyLaravel } from '../../../src/laravel/legacy/legacy-laravel.ts'
import { completeMessage } from '../../../src/messages/received.ts'
import { createTestClock } from '../../base/clock.ts'
import { type Answer, type Seen, startStandIn } from '../stand-in.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** An existing application: one account, `shop`, under the token that `account` answers with. */
async function legacy({
  account = 'told-by-laravel' as string | null,
  files = {} as Record<string, string>,
} = {}) {
  let answer: (request: Seen) => Answer = () => 200
  const server = await startStandIn(request =>
    request.path === '/api/whatsapp/account/shop'
      ? { status: account === null ? 404 : 200, body: JSON.stringify({ id: 1, webhook_token: account }) }
      : answer(request),
  )
  const clock = createTestClock()
  const plain = createLaravel({
    ...{ url: server.url, token: 'never-sent-with-a-message', secrets: ['s'], clock },
    logger: pino({ enabled: false }),
  })
  const openFile = async (id: string) => (id in files ? Readable.from([Buffer.from(files[id]!)]) : null)
  const laravel = createLegacyLaravel(plain, { url: server.url, clock, wall: clock.now, openFile })
  closing.push(laravel.close, server.close)
  return {
    laravel,
    server,
    answers(next: typeof answer) {
      answer = next
    },
  }
}

const message = (over: object = {}) => ({
  session_id: 'shop',
  ...completeMessage({
    message_id: '3EB0AA',
    from: '34600000002',
    from_lid: '123@lid',
    from_me: false,
    chat_id: '123@lid',
    participant: null,
    is_group: false,
    subject: null,
    push_name: 'Ana',
    type: 'text',
    body: ' hola\n',
    caption: null,
    media: null,
    reply_to: null,
    timestamp: '2026-01-02T03:04:05.678Z',
    offline: false,
  }),
  ...over,
})

const media = {
  id: 'f1',
  url: 'http://x/1',
  mimetype: 'audio/ogg; codecs=opus',
  filename: null,
  size: 4,
  seconds: 1,
  error: null,
}

const formOf = ({ headers, body }: Seen) =>
  new Response(body, { headers: { 'content-type': headers['content-type']! } }).formData()

describe('a message under LARAVEL_CONTRACT=legacy', () => {
  it('goes as multipart to the webhook of its account, with a length, unsigned and without the token', async () => {
    const { laravel, server } = await legacy()
    laravel.remember('shop', 'told/by start')
    expect(await laravel.deliver('messages', 'id.1.messages', message())).toMatchObject({
      result: 'accepted',
    })
    const [request] = server.seen
    expect(request!.path).toBe('/api/whatsapp-webhook/told%2Fby%20start')
    expect(Object.fromEntries(await formOf(request!))).toEqual({
      from: '34600000002',
      text: ' hola\n',
      type: 'text',
      wamId: '3EB0AA',
      timestamp: '1767323045',
      pushName: 'Ana',
    })
    const { headers } = request!
    expect(headers['content-length']).toBe(String(Buffer.byteLength(request!.body)))
    expect(headers).toMatchObject({ accept: 'application/json', 'webhook-id': 'id.1.messages' })
    expect([headers.authorization, headers['webhook-signature'], headers['transfer-encoding']]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it.each([
    ['audio', null, '[Mensaje de audio]'],
    ['image', null, '[Imagen]'],
    ['image', 'the sea', 'the sea'],
    ['video', null, '[Video]'],
    ['document', null, '[Documento]'],
    ['sticker', null, '[sticker]'],
  ])('of type %s with caption %s has the text %s', async (type, caption, text) => {
    const { laravel, server } = await legacy()
    await laravel.deliver('messages', 'id', message({ type, body: null, caption }))
    expect((await formOf(server.seen.at(-1)!)).get('text')).toBe(text)
  })

  it.each([
    ['an own one', { from_me: true }],
    ['one of a group', { is_group: true }],
    ['a reaction', { type: 'reaction' }],
    ['an edit', { type: 'edit' }],
    ['a deletion', { type: 'delete' }],
    ['a poll', { type: 'poll' }],
    ['a vote', { type: 'poll_vote' }],
  ])('is left out if it is %s', async (_, over) => {
    const { laravel, server } = await legacy()
    expect(await laravel.deliver('messages', 'id', message(over))).toEqual({ result: 'accepted' })
    expect(server.seen).toEqual([])
  })

  it('brings a voice note along as a file', async () => {
    const { laravel, server } = await legacy({ files: { f1: 'OggS' } })
    await laravel.deliver('messages', 'id', message({ type: 'audio', body: null, media }))
    const audio = (await formOf(server.seen.at(-1)!)).get('audio') as File
    expect(audio).toMatchObject({ name: '34600000002_3EB0AA.ogg', type: 'audio/ogg; codecs=opus' })
    expect(await audio.text()).toBe('OggS')
  })

  it('is no place to smuggle headers into: ids and types are what strangers say', async () => {
    const { laravel, server } = await legacy({ files: { f1: 'OggS' } })
    const forged = { ...media, mimetype: 'audio/ogg\r\nX-Forged: 1' }
    await laravel.deliver('messages', 'id', message({ type: 'audio', message_id: 'a"\r\nb', media: forged }))
    const audio = (await formOf(server.seen.at(-1)!)).get('audio') as File
    expect(audio.type).toBe('application/octet-stream')
    expect(audio.name).toBe('34600000002_a"\r\nb.oggXForged1')
    expect(server.seen.at(-1)!.body).not.toMatch(/^X-Forged/m)
  })

  it.each([
    ['could not be had', { ...media, error: 'not downloaded yet' }],
    ['is not kept any more', { ...media, id: 'gone' }],
  ])('comes without a file that %s', async (_, media) => {
    const { laravel, server } = await legacy({ files: { f1: 'OggS' } })
    expect(await laravel.deliver('messages', 'id', message({ type: 'audio', media }))).toMatchObject({
      result: 'accepted',
    })
    expect((await formOf(server.seen.at(-1)!)).get('audio')).toBeNull()
  })

  it('asks Laravel for a webhook token that /start did not give, once', async () => {
    const { laravel, server } = await legacy()
    await laravel.deliver('messages', '1', message())
    await laravel.deliver('messages', '2', message())
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/whatsapp/account/shop',
      'POST /api/whatsapp-webhook/told-by-laravel',
      'POST /api/whatsapp-webhook/told-by-laravel',
    ])
  })

  it('asks again once a token was refused: it may be another one now', async () => {
    const { laravel, server, answers } = await legacy()
    laravel.remember('shop', 'old')
    answers(({ path }) => (path.endsWith('/old') ? 404 : 200))
    expect(await laravel.deliver('messages', '1', message())).toMatchObject({ result: 'failed', status: 404 })
    expect(await laravel.deliver('messages', '1', message())).toMatchObject({ result: 'accepted' })
    expect(server.seen.at(-1)!.path).toBe('/api/whatsapp-webhook/told-by-laravel')
  })

  it('is taken by a web page, which is told', async () => {
    const { laravel, answers } = await legacy()
    answers(() => ({ status: 200, body: '<!doctype html><title>Back soon</title>' }))
    expect(await laravel.deliver('messages', '1', message())).toMatchObject({ result: 'accepted' })
    expect(laravel.faults.all()).toMatchObject([{ route: 'POST /whatsapp-webhook', cause: 'not_json' }])
    answers(() => 200)
    await laravel.deliver('messages', '2', message())
    expect(laravel.faults.all()).toEqual([])
  })

  it('waits while Laravel has no account, or no token for it', async () => {
    const missing = await legacy({ account: null })
    expect(await missing.laravel.deliver('messages', '1', message())).toMatchObject({
      ...{ result: 'failed', scope: 'unclear', status: 404 },
    })
    const empty = await legacy({ account: '' })
    expect(await empty.laravel.deliver('messages', '1', message())).toMatchObject({
      ...{ result: 'failed', scope: 'unclear', status: null },
      error: 'no webhook_token in the answer to GET /whatsapp/account/{id}',
    })
  })
})

it('leaves all other deliveries as they are', async () => {
  const { laravel, server } = await legacy()
  await laravel.deliver('status', 'id', { session_id: 'shop', estado_qr: 'active' })
  expect(server.seen[0]).toMatchObject({
    path: '/api/whatsapp/status',
    body: '{"session_id":"shop","estado_qr":"active"}',
  })
})
