import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadLibsignal } from '../../patches/load-libsignal.ts'
import { decodeKey } from '../../src/whatsapp/keys/key-codec.ts'
import { World } from './world.ts'

const [QR_SHOP, CODE_SHOP, KEY_SHOP] = ['34600000001', '34600000002', '34600000003']
const ANA = '34600000009'
const LARAVEL_TOKEN = `token-${randomBytes(12).toString('hex')}`
const WEBHOOK_SECRET = `whsec_${randomBytes(24).toString('base64')}`
const FACTS = 'events?limit=1000'

/** Every spelling under which bytes can stand in a text. */
function spellings(secret: Uint8Array): string[] {
  const bytes = Buffer.from(secret)
  const list = [...bytes].join(',')
  const escaped = JSON.stringify(bytes.toString('latin1')).slice(1, -1)
  return [
    bytes.toString('latin1'),
    escaped,
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    list,
    list.replaceAll(',', ', '),
  ]
}

/** Strings of base64 that stand for 16 bytes or more, wherever they are in a JSON value. */
const keysIn = (text: string): Uint8Array[] =>
  (text.match(/"[A-Za-z0-9+/]{22,}={0,2}"/g) ?? []).map(found => Buffer.from(found.slice(1, -1), 'base64'))

/** The same of the bytes anywhere in a stored Signal session. */
function keysOfSession(stored: Uint8Array): Uint8Array[] {
  const { deserialize } = loadLibsignal<{ deserialize(data: unknown): object }>('src/session_record.js')
  const bytesIn = (value: unknown): Uint8Array[] => {
    if (value instanceof Uint8Array) return [value]
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bytesIn) : []
  }
  const keys = bytesIn(deserialize(decodeKey('session', stored)))
  expect(keys.length, 'a session without keys').toBeGreaterThan(5)
  return keys
}

describe('from the link to the deletion, at LOG_LEVEL=trace, no byte of a secret', () => {
  const world = new World({
    LARAVEL_TOKEN,
    LARAVEL_WEBHOOK_SECRET: WEBHOOK_SECRET,
    LARAVEL_EVENTS: 'call,group,contact,passkey',
    QR_THROTTLE_MS: '100',
    INBOUND_RAW: 'all',
  })
  const secrets = new Map<string, Uint8Array>()
  const answers: string[] = []
  const keep = (name: string, secret: Uint8Array | string) => {
    const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
    if (bytes.length >= 8) secrets.set(`${name} ${secrets.size}`, bytes)
  }
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await world.call(method, path, body)
    answers.push(JSON.stringify(answer.body))
    return answer
  }
  /** What the store holds of keys now, and all rows that callers can read. */
  const look = async () => {
    const database = new DatabaseSync(join(world.dataDir, 'store.sqlite'), { readOnly: true })
    for (const { type, value } of database
      .prepare("SELECT type, value FROM keys WHERE type IN ('creds', 'session', 'pre-key')")
      .all() as { type: string; value: Uint8Array }[])
      for (const key of type === 'session' ? keysOfSession(value) : keysIn(Buffer.from(value).toString()))
        if (key.length >= 16) keep('a key', key)
    for (const { secret } of database
      .prepare('SELECT secret FROM messages WHERE secret IS NOT NULL')
      .all() as { secret: Uint8Array }[])
      keep('the secret of a message', secret)
    for (const { source } of database.prepare('SELECT source FROM downloads').all() as { source: string }[])
      if (source)
        keep(
          'the key of a file',
          Buffer.from((JSON.parse(source) as { mediaKey: string }).mediaKey, 'base64'),
        )
    answers.push(JSON.stringify(database.prepare('SELECT type, data, state, context FROM events').all()))
    database.close()
    for (const id of ['qr', 'code', 'key'])
      for (const path of ['', `/${FACTS}`, '/at/3', `/chats/${ANA}/messages`])
        await call('GET', `/sessions/${id}${path}`)
    for (const path of [
      '/sessions',
      '/stats?by_state=1',
      '/health',
      '/health/ready',
      '/deliveries/dead',
      '/metrics',
      '/openapi.json',
      '/nothing',
    ])
      await call('GET', path)
  }

  beforeAll(async () => {
    await world.start()
    await world.link('qr', QR_SHOP)
    await call('POST', '/start', { user_id: 1, session_id: 'code', phone_number: CODE_SHOP })
    const { body: coded } = await world.laravel.seen(({ path }) => path === '/pairing-code')
    keep('a pairing code', String(coded.code))
    await world.simulator.phone(CODE_SHOP, { name: 'Coded' }).enterCode(String(coded.code))
    await world.waitForState('code', 'open')

    const phone = world.simulator.phone(KEY_SHOP, { name: 'Keyed' })
    phone.demandPasskey({})
    await call('POST', '/start', { user_id: 1, session_id: 'key' })
    const { body: posted } = await world.laravel.seen(
      ({ path, body }) => path === '/qr' && body.session_id === 'key',
    )
    phone.scan(String(posted.qr)).catch(() => {})
    await world.waitForState('key', 'awaitingQr.passkey')
    const demand = (await world.call('GET', '/sessions/key/passkey')).body as unknown as {
      options: { challenge: string }
      page_url: string
    }
    const assertion = phone.assertPasskey(demand.options)
    keep('a challenge', Buffer.from(demand.options.challenge, 'base64url'))
    keep('a token of a page', demand.page_url.split('/').at(-1)!)
    keep('an assertion', Buffer.from(assertion.response.signature, 'base64url'))
    // Its answer is where a challenge belongs.
    await world.call('POST', '/sessions/key/passkey', { assertion })
    await world.waitForState('key', 'open')
    await look()

    const ana = world.simulator.contact(ANA)
    const picture = await import('sharp').then(({ default: sharp }) =>
      sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .jpeg()
        .toBuffer(),
    )
    const { id } = await ana.say(QR_SHOP, 'a first text')
    await ana.sealed.edit(QR_SHOP, id, 'a sealed edit')
    await ana.say(QR_SHOP, { image: picture, mimetype: 'image/jpeg', caption: 'a picture' })
    await world.laravel.seen(({ path, body }) => path === '/messages' && body.caption === 'a picture')
    await world.send('qr', ANA, 'an answer')
    await call('POST', '/send-message', {
      session_id: 'qr',
      wa_id: ANA,
      type: 'image',
      media_base64: picture.toString('base64'),
    })
    await call('POST', '/send-message', { session_id: 'qr', wa_id: ANA, type: 'image', media_base64: '%%%' })
    await look()

    for (const kind of ['garbage', 'reset'] as const) {
      await world.simulator.fault({ kind, account: QR_SHOP })
      await world.waitForState('qr', 'reconnecting', 'starting')
      await world.waitForState('qr', 'open')
    }
    await ana.say(QR_SHOP, 'after all of that')
    await world.laravel.seen(({ path, body }) => path === '/messages' && body.body === 'after all of that')
    await look()
    await call('POST', '/sessions/code/logout')
    await call('DELETE', '/sessions/key')
    await look()
    await world.stopManager('SIGKILL')
    await world.startManager()
    await world.waitForState('qr', 'open')
    await look()
    await world.stopManager('SIGTERM')

    for (const { qr } of world.laravel.accepted('/qr')) {
      const [, ...parts] = String(qr).split(/[#,]/)
      for (const part of parts) if (part.length > 20) keep('a part of a QR', part)
    }
    keep('an API key', 'test-key-1')
    keep('LARAVEL_TOKEN', LARAVEL_TOKEN)
    keep('LARAVEL_WEBHOOK_SECRET', WEBHOOK_SECRET.slice('whsec_'.length))
  }, 120_000)
  afterAll(() => world.end({ unsettled: 'sessions were deleted and a process was killed' }))

  /** What all parties know of an account and of a phone is no secret. */
  const found = (text: string) =>
    [...secrets]
      .filter(([, secret]) => spellings(secret).some(spelling => text.includes(spelling)))
      .map(([name]) => name)

  it('is looked for among many, and would be found', () => {
    const kinds = new Set([...secrets.keys()].map(name => name.replace(/ \d+$/, '')))
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining([
        'LARAVEL_TOKEN',
        'LARAVEL_WEBHOOK_SECRET',
        'a challenge',
        'a key',
        'a pairing code',
        'a part of a QR',
        'a token of a page',
        'an API key',
        'an assertion',
        'the secret of a message',
      ]),
    )
    expect(secrets.size).toBeGreaterThan(60)
    for (const [name, secret] of [...secrets].slice(0, 20))
      for (const spelling of spellings(secret)) expect(found(`{"x":"${spelling}"}`)).toContain(name)
  })

  it('is printed', () => expect(found(world.output)).toEqual([]))

  it('is answered, or stands in the log of a session', () => {
    expect(answers.length).toBeGreaterThan(60)
    expect(found(answers.join('\n'))).toEqual([])
  })

  it('reaches Laravel with a message, a status or an event', () => {
    const told = world.laravel.received.filter(({ path }) => path !== '/qr' && path !== '/pairing-code')
    expect(told.length).toBeGreaterThan(5)
    expect(found(told.map(({ body }) => JSON.stringify(body)).join('\n'))).toEqual([])
  })
})
