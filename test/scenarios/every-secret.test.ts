import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { proto } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { loadLibsignal } from '../../patches/load-libsignal.ts'
import { encodedMessageIn } from '../../src/whatsapp/keys/inbox-rows.ts'
import { decodeKey } from '../../src/whatsapp/keys/key-codec.ts'
import { KEY, World } from './world.ts'

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

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What stands for 16 bytes or more, wherever it is in a stored value: bytes, lists of them, base64. */
function keysIn(value: unknown): Uint8Array[] {
  if (value instanceof Uint8Array) {
    const inside = isUtf8(value) ? jsonIn(Buffer.from(value).toString()) : null
    return inside === null ? (value.length < 16 ? [] : [value]) : keysIn(inside)
  }
  if (typeof value === 'string')
    return /^[A-Za-z0-9+/]{22,}={0,2}$/.test(value) ? keysIn(Buffer.from(value, 'base64')) : []
  if (typeof value !== 'object' || value === null) return []
  const fields = Object.values(value)
  const isBytes = fields.length >= 16 && fields.every(one => Number.isInteger(one) && one >= 0 && one < 256)
  return isBytes ? [Uint8Array.from(fields)] : fields.flatMap(keysIn)
}

/** A digest stands before them. */
const credsIn = (stored: Uint8Array) => {
  const bytes = Buffer.from(stored)
  return JSON.parse(bytes.subarray(bytes.indexOf('{"noiseKey"')).toString())
}

function keysOfSession(stored: Uint8Array): Uint8Array[] {
  const { deserialize } = loadLibsignal<{ deserialize(data: unknown): object }>('src/session_record.js')
  const keys = keysIn(deserialize(decodeKey('session', stored)))
  expect(keys.length, 'a session without keys').toBeGreaterThan(5)
  return keys
}

function keysOf(type: string, stored: Uint8Array): Uint8Array[] {
  if (type === 'session') return keysOfSession(stored)
  return keysIn(type === 'creds' ? credsIn(stored) : decodeKey(type, stored))
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
  /** What one who looks on is told, over both lives of the manager. */
  const inspected: string[] = []
  const lookOn = async () => {
    const socket = new WebSocket(`${world.url.replace('http', 'ws')}/inspect`, {
      headers: { 'x-api-key': KEY },
    })
    socket.on('message', text => inspected.push(String(text)))
    await once(socket, 'message')
  }
  const keep = (name: string, secret: Uint8Array | string) => {
    const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret
    if (bytes.length >= 8) secrets.set(`${name} ${secrets.size}`, bytes)
  }
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await world.call(method, path, body)
    answers.push(JSON.stringify(answer.body))
    return answer
  }
  /** Keys of files, keys for a group, and the secret, of an encoded message. */
  const keepSecretsOf = (how: string, encoded: Uint8Array) => {
    const message = proto.Message.decode(encoded)
    const { imageMessage, senderKeyDistributionMessage, messageContextInfo } = message
    if (imageMessage?.mediaKey) keep(`the key of a file that was ${how}`, imageMessage.mediaKey)
    const handed = senderKeyDistributionMessage?.axolotlSenderKeyDistributionMessage
    if (handed) keep(`a sender key that was ${how}`, handed)
    if (messageContextInfo?.messageSecret)
      keep(`the secret of a message that was ${how}`, messageContextInfo.messageSecret)
  }
  /** What the store holds of keys now, and all rows that callers can read. */
  const look = async () => {
    const database = new DatabaseSync(join(world.dataDir, 'store.sqlite'), { readOnly: true })
    for (const { type, value } of database
      .prepare(
        "SELECT type, value FROM keys WHERE type IN ('creds', 'session', 'pre-key', 'sender-key', 'app-state-sync-key')",
      )
      .all() as { type: string; value: Uint8Array }[])
      for (const key of keysOf(type, value)) keep(`a key of ${type}`, key)
    for (const { plaintext, stanza } of database.prepare('SELECT plaintext, stanza FROM inbox').all() as {
      plaintext: Uint8Array
      stanza: string
    }[])
      keepSecretsOf('received', encodedMessageIn({ hash: '', at: 0, plaintext, stanza }))
    for (const { encoded } of database
      .prepare('SELECT proto AS encoded FROM messages WHERE proto IS NOT NULL')
      .all() as { encoded: Uint8Array }[])
      keepSecretsOf('sent', encoded)
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
      '/openapi.json',
      '/nothing',
    ])
      await call('GET', path)
    const metrics = await fetch(`${world.url}/metrics`, { headers: { 'x-api-key': KEY } })
    answers.push(await metrics.text())
  }

  beforeAll(async () => {
    await world.start()
    await lookOn()
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
    const group = world.simulator.group('Team', [QR_SHOP, ANA])
    await ana.say(group.jid, 'to all')
    await ana.say(group.jid, { image: picture, mimetype: 'image/jpeg', caption: 'for all' })
    await world.laravel.seen(({ path, body }) => path === '/messages' && body.caption === 'for all')
    const answered = await world.send('qr', group.jid, 'all hear this')
    expect(answered.status).toBe(200)
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
    await lookOn()
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
  afterAll(() => world.end())

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
        'a key of app-state-sync-key',
        'a key of creds',
        'a key of sender-key',
        'a key of session',
        'a pairing code',
        'a part of a QR',
        'a token of a page',
        'an API key',
        'a sender key that was received',
        'an assertion',
        'the key of a file that was received',
        'the key of a file that was sent',
        'the secret of a message',
        'the secret of a message that was received',
        'the secret of a message that was sent',
      ]),
    )
    expect(secrets.size).toBeGreaterThan(150)
    for (const [name, secret] of [...secrets].slice(0, 20))
      for (const spelling of spellings(secret)) expect(found(`{"x":"${spelling}"}`)).toContain(name)
  })

  it('is printed', () => expect(found(world.output)).toEqual([]))

  it('is answered, or stands in the log of a session', () => {
    expect(answers.length).toBeGreaterThan(60)
    expect(found(answers.join('\n'))).toEqual([])
  })

  it('is shown to one who looks on', () => {
    const told = inspected.join('\n')
    for (const name of ['qr', 'code.socket', 'key', 'supervisor']) expect(told).toContain(`"name":"${name}"`)
    for (const type of ['passkey.submitted', 'socket.paired', 'socket.closed', 'logout.confirmed'])
      expect(told).toContain(`"type":"${type}"`)
    expect(found(told)).toEqual([])
    for (const words of [
      'a first text',
      'a sealed edit',
      'a picture',
      'an answer',
      'to all',
      'all hear this',
    ])
      expect(told.includes(words), words).toBe(false)
  })

  it('reaches Laravel with a message, a status or an event', () => {
    const told = world.laravel.received.filter(({ path }) => path !== '/qr' && path !== '/pairing-code')
    expect(told.length).toBeGreaterThan(5)
    expect(found(told.map(({ body }) => JSON.stringify(body)).join('\n'))).toEqual([])
  })
})
