import { describe, expect, it } from 'vitest'
import { createTestHttp, post, refused } from '../fakes.ts'

const base = { session_id: 's1', wa_id: '5215512345678' }
const to = '5215512345678@s.whatsapp.net'

async function sent(fields: object) {
  const { app, calls } = createTestHttp()
  const response = await app.request('/send-message', post({ ...base, ...fields }))
  expect(response.status).toBe(200)
  return calls.find(({ name }) => name === 'send')!.args[1] as Record<string, unknown>
}

async function errors(fields: object) {
  const { app, calls } = createTestHttp()
  const answer = await refused(await app.request('/send-message', post({ ...base, ...fields })))
  expect(answer.status).toBe(422)
  expect(calls).toEqual([])
  return Object.keys(answer.errors ?? {}).toSorted()
}

describe('what is sent for each type', () => {
  it.each([
    [{ type: 'text', body: 'hola' }, { body: 'hola' }],
    [
      { type: 'location', latitude: 1.5, longitude: -2 },
      { latitude: 1.5, longitude: -2, name: null, address: null },
    ],
    [
      { type: 'location', latitude: '40.4168', longitude: ' -3.70380000 ' },
      { latitude: 40.4168, longitude: -3.7038 },
    ],
    [
      { type: 'contact', contacts: [{ name: 'Ana', phone: '+34 600 000 002' }] },
      { contacts: [{ name: 'Ana', phone: '+34600000002' }] },
    ],
    [
      { type: 'contact', contacts: [{ name: 'Ana', phone: '+34600000002' }] },
      { contacts: [{ name: 'Ana', phone: '+34600000002' }] },
    ],
    [
      { type: 'reaction', reply_to: 'ID', body: '' },
      { reply_to: 'ID', body: '' },
    ],
    [
      { type: 'poll', body: 'When?', options: ['a', 'b'] },
      { options: ['a', 'b'], select: 1 },
    ],
    [{ type: 'poll', body: 'When?', options: ['a', 'b'], select: 0 }, { select: 0 }],
    [
      { type: 'edit', reply_to: 'ID', body: 'better' },
      { reply_to: 'ID', body: 'better' },
    ],
    [{ type: 'delete', reply_to: 'ID' }, { reply_to: 'ID' }],
    [
      { type: 'text', body: 'hi', typing: true, mentions: ['34600000002'] },
      { typing: true, mentions: ['34600000002@s.whatsapp.net'] },
    ],
  ])('a request with %j', async (fields, content) => {
    expect(await sent(fields)).toMatchObject({ to, type: fields.type, ...content })
  })

  it.each([
    'image',
    'video',
    'gif',
    'audio',
    'document',
    'sticker',
  ])('%s is sent by mediaUrl, under both names of the field', async type => {
    for (const name of ['mediaUrl', 'media_url'])
      expect(
        await sent({ type, [name]: 'https://cdn.test/a.png?sig=1', caption: 'look', filename: 'a.png' }),
      ).toMatchObject({
        type,
        caption: 'look',
        ptt: type === 'audio',
        media: { url: 'https://cdn.test/a.png?sig=1', id: null, ready: false, filename: 'a.png' },
      })
  })

  it('a file in base64 is stored, and its id is the hash of its content', async () => {
    const content = await sent({
      type: 'image',
      media_base64: Buffer.from('x').toString('base64'),
      mimetype: 'image/png',
    })
    expect(content).toMatchObject({ media: { url: null, id: 'f'.repeat(64), mimetype: 'image/png' } })
  })

  it('audio with ptt: false stays a file', async () => {
    expect(await sent({ type: 'audio', mediaUrl: 'http://cdn.test/a.mp3', ptt: false })).toMatchObject({
      ptt: false,
    })
  })
})

describe('the answer names each field that is missing or wrong', () => {
  it.each([
    [{ type: 'text' }, ['body']],
    [{ type: 'text', body: '' }, ['body']],
    [{ type: 'image' }, ['mediaUrl']],
    [{ type: 'image', mediaUrl: 'ftp://x/y' }, ['mediaUrl']],
    [{ type: 'image', mediaUrl: '/etc/passwd' }, ['mediaUrl']],
    [{ type: 'image', mediaUrl: 'file:///etc/passwd' }, ['mediaUrl']],
    [{ type: 'image', mediaUrl: 'http://a/b', media_url: 'http://a/c' }, ['mediaUrl']],
    [{ type: 'image', mediaUrl: 'http://a/b', media_base64: 'eA==' }, ['media_base64']],
    [{ type: 'image', media_base64: 'not base64!' }, ['media_base64']],
    [{ type: 'location', latitude: 91, longitude: 0 }, ['latitude']],
    [{ type: 'location' }, ['latitude', 'longitude']],
    [{ type: 'location', latitude: '40,4168', longitude: '' }, ['latitude', 'longitude']],
    [{ type: 'location', latitude: '95.0', longitude: '0x10' }, ['latitude', 'longitude']],
    [{ type: 'contact', contacts: [] }, ['contacts']],
    [{ type: 'contact', contacts: [{ name: 'Ana', phone: 'x' }] }, ['contacts']],
    [{ type: 'reaction', body: '👍' }, ['reply_to']],
    [{ type: 'reaction', reply_to: 'ID' }, ['body']],
    [{ type: 'poll', body: 'When?', options: ['a'] }, ['options']],
    [{ type: 'poll', body: 'When?', options: ['a', 'a'] }, ['options']],
    [{ type: 'poll', options: ['a', 'b'], select: 3 }, ['body', 'select']],
    [{ type: 'edit', body: 'x' }, ['reply_to']],
    [{ type: 'delete' }, ['reply_to']],
    [{ type: 'text', body: 'x', mentions: ['nobody'] }, ['mentions']],
    [{ type: 'sms', body: 'x' }, ['type']],
    [{ type: 'image', mediaUrl: 'http://a/b', mimetype: 'png' }, ['mimetype']],
  ])('a request with %j', async (fields, names) => {
    expect(await errors(fields)).toEqual(names)
  })

  it('what would be right of a place and of a phone', async () => {
    const { app } = createTestHttp()
    const refusal = async (fields: object) =>
      (await refused(await app.request('/send-message', post({ ...base, ...fields })))).errors
    expect(await refusal({ type: 'location', latitude: '40,4168', longitude: 0 })).toEqual({
      latitude: ['must be a number from -90 to 90, such as 40.4168'],
    })
    const contacts = [{ name: 'Ana', phone: '0034600000002' }]
    expect(await refusal({ type: 'contact', contacts })).toEqual({
      contacts: ['each phone must begin with + and the country code in place of 00, such as +34 600 000 002'],
    })
  })

  it('the limit of a file in base64', async () => {
    const { app } = createTestHttp()
    const media_base64 = Buffer.alloc(16 * 1024 * 1024 + 3).toString('base64')
    const answer = await refused(
      await app.request('/send-message', post({ ...base, type: 'image', media_base64 })),
    )
    expect(answer).toMatchObject({
      status: 422,
      errors: { media_base64: [expect.stringMatching(/16777216 bytes; give a mediaUrl/)] },
    })
    const huge = await refused(
      await app.request('/send-message', post(`{"a":"${'x'.repeat(24 * 1024 * 1024)}"}`)),
    )
    expect(huge).toMatchObject({ status: 413, error: 'PAYLOAD_TOO_LARGE' })
  })
})
