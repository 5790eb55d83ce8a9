import { afterAll, beforeAll, expect, it } from 'vitest'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, TOKEN } from './shop.ts'
import { ask, deliver, message } from './signed-post.ts'

describeWithLaravel('what a Laravel with the package takes', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET },
    })
    await host.start()
    host.write(
      "INSERT INTO whatsapp_sessions (session_id, user_id, estado_qr) VALUES ('shop', '1', 'pending')",
    )
  })
  afterAll(() => host?.end())

  const stored = (id: string) => host.rows('SELECT * FROM whatsapp_messages WHERE message_id = ?', id)
  const jobs = () => Number(host.rows('SELECT count(*) AS n FROM jobs')[0]!.n)

  it.each([
    'Europe/Madrid',
    'America/Bogota',
    'UTC',
  ])('stores dates in UTC and reads them as the same moment: %s', async timezone => {
    await host.setEnv({ APP_TIMEZONE: timezone })
    const told = message()
    expect((await deliver(host, '/messages', told)).status).toBe(200)
    const [row] = stored(told.message_id)
    expect(String(row!.sent_at)).toMatch(/^2026-01-02 23:30:05/)
    const read = await host.run(
      `return WhatsAppManager\\Laravel\\Models\\Message::firstWhere('message_id', '${told.message_id}')->sent_at->getTimestamp();`,
    )
    expect(read).toBe(Date.parse(told.timestamp.replace('.678', '')) / 1000)
  })

  it.each([
    'Europe/Madrid',
    'America/Bogota',
    'UTC',
  ])('shows a QR until it expires, not an hour longer or shorter: %s', async timezone => {
    await host.setEnv({ APP_TIMEZONE: timezone })
    const current = () =>
      host.run(
        "return WhatsAppManager\\Laravel\\Models\\Session::firstWhere('session_id', 'shop')->currentQr();",
      )
    const expires = (ms: number) => new Date(Date.now() + ms).toISOString()
    await deliver(host, '/qr', { session_id: 'shop', qr: '2@text', expires_at: expires(20_000) })
    expect(await current()).toBe('2@text')
    await deliver(host, '/qr', { session_id: 'shop', qr: '2@text', expires_at: expires(-1_000) })
    expect(await current()).toBeNull()
  })

  it('forgets a QR that was used, and has none readable in its database before', async () => {
    const expires_at = new Date(Date.now() + 20_000).toISOString()
    await deliver(host, '/qr', { session_id: 'shop', qr: '2@secret', expires_at })
    expect(JSON.stringify(host.rows('SELECT * FROM whatsapp_sessions'))).not.toContain('2@secret')
    const session_data = { state: 'open', detail: null, push_name: 'Shop', lid: null }
    const told = {
      session_id: 'shop',
      estado_qr: 'active',
      reason: null,
      reason_text: null,
      wa_id: '34600000001',
    }
    await deliver(host, '/whatsapp/status', { ...told, session_data })
    expect(host.rows('SELECT qr, qr_expires_at, estado_qr, wa_id FROM whatsapp_sessions')).toEqual([
      { qr: null, qr_expires_at: null, estado_qr: 'active', wa_id: '34600000001' },
    ])
    expect(await host.read('storage/logs/laravel.log').catch(() => '')).not.toContain('2@secret')
  })

  it.each([
    ['  two spaces before, a line behind\n'],
    ['   '],
    [''],
    ['\u00a1ñ — 你好 👋 \\/ \\u00a1'],
  ])('stores a text as it was written: %j', async body => {
    const told = message({ body })
    expect((await deliver(host, '/messages', told)).status).toBe(200)
    expect(stored(told.message_id)[0]).toMatchObject({ body, caption: null })
  })

  it('makes one row and one job of 20 deliveries of one id at once', async () => {
    const told = message()
    const before = jobs()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => deliver(host, '/messages', told, { webhookId: 'stream.9.messages' })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(stored(told.message_id)).toHaveLength(1)
    expect(jobs() - before).toBe(1)
  })

  it('says in its log why a table refused a message, and nothing of what it says', async () => {
    const told = message({ body: 'a private word' })
    await host.refusing('whatsapp_messages', 'a private reason', async () => {
      const { status, body } = await deliver(host, '/messages', told, { webhookId: 'stream.11.messages' })
      expect([status, JSON.stringify(body)]).toEqual([500, expect.not.stringContaining('private')])
    })
    expect((await deliver(host, '/messages', told, { webhookId: 'stream.11.messages' })).status).toBe(200)
    const log = await host.read('storage/logs/laravel.log')
    expect(log).toContain(
      'Delivery stream.11.messages was not stored: whatsapp_messages did not take it, SQLSTATE',
    )
    expect(log).not.toMatch(/private|34600000002/)
  })

  it('keeps nothing of what it could not queue, and takes the retry', async () => {
    const told = message()
    const before = jobs()
    host.write('ALTER TABLE jobs RENAME TO jobs_away')
    expect((await deliver(host, '/messages', told, { webhookId: 'stream.10.messages' })).status).toBe(500)
    expect(stored(told.message_id)).toEqual([])
    host.write('ALTER TABLE jobs_away RENAME TO jobs')
    expect((await deliver(host, '/messages', told, { webhookId: 'stream.10.messages' })).status).toBe(200)
    expect(stored(told.message_id)).toHaveLength(1)
    expect(jobs() - before).toBe(1)
  })

  it('throttles nobody: one machine brings everybody`s messages', async () => {
    await host.setEnv({ API_PER_MINUTE: '1' })
    const answers = await Promise.all(Array.from({ length: 8 }, () => deliver(host, '/messages', message())))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  })

  it('says 404 to the question about a session that it never had', async () => {
    expect((await ask(host, 'nobody')).status).toBe(404)
    expect(await (await ask(host, 'shop')).json()).toMatchObject({ estado_qr: 'active' })
  })
})

describeWithLaravel('what a Laravel with the package refuses', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET },
    })
    await host.start({ ini: ['post_max_size=8K'] })
  })
  afterAll(() => host?.end())

  const now = () => Math.floor(Date.now() / 1000)

  it.each([
    ['no token', { token: null }],
    ['a wrong token', { token: 'other' }],
    ['a signature of another secret', { secrets: ['other'] }],
    ['no signature', { headers: { 'webhook-signature': '' } }],
    ['a signature of another time', { headers: { 'webhook-timestamp': '1700000000' } }],
    ['a signature of an hour ago', { timestamp: now() - 3_600 }],
    ['a signature of an hour ahead', { timestamp: now() + 3_600 }],
  ])('401 for %s', async (_, options) => {
    const { status, body } = await deliver(host, '/messages', message(), options)
    expect(status).toBe(401)
    expect(body.message).toMatch(/WHATSAPP_|LARAVEL_|clock/)
  })

  it('401 for a question that is not signed, or by somebody else', async () => {
    expect((await ask(host, 'shop', { secrets: [] })).status).toBe(401)
    expect((await ask(host, 'shop', { secrets: ['other'] })).status).toBe(401)
    expect((await ask(host, 'shop', { token: null })).status).toBe(401)
    expect((await ask(host, 'nobody')).status).toBe(404)
  })

  it('takes either of two secrets while they are rotated', async () => {
    await host.setEnv({ WHATSAPP_WEBHOOK_SECRET: `next-secret,${SECRET}` })
    expect((await deliver(host, '/messages', message())).status).toBe(200)
    expect((await deliver(host, '/messages', message(), { secrets: ['next-secret'] })).status).toBe(200)
    await host.setEnv({ WHATSAPP_WEBHOOK_SECRET: 'next-secret' })
    expect((await deliver(host, '/messages', message(), { secrets: ['next-secret', SECRET] })).status).toBe(
      200,
    )
    expect((await deliver(host, '/messages', message())).status).toBe(401)
    await host.setEnv({ WHATSAPP_WEBHOOK_SECRET: SECRET })
  })

  it('415 for a form, whose raw body PHP leaves empty: a signature of nothing would fit any', async () => {
    const form = new Response(new URLSearchParams({ session_id: 'shop' }))
    const type = form.headers.get('content-type')!
    const raw = await form.text()
    expect((await deliver(host, '/messages', {}, { raw, headers: { 'content-type': type } })).status).toBe(
      415,
    )
  })

  it.each(['{"session_id":', 'null', '[]', '"text"', '{}'])('422 for what is no message: %s', async raw => {
    const { status } = await deliver(host, '/messages', {}, { raw })
    expect([400, 422]).toContain(status)
    expect(host.rows('SELECT count(*) AS n FROM jobs WHERE payload LIKE ?', '%nothing%')[0]!.n).toBe(0)
  })

  it('413 for more than PHP takes', async () => {
    expect((await deliver(host, '/messages', message({ body: 'x'.repeat(9_000) }))).status).toBe(413)
  })

  it('503 with Retry-After in maintenance mode', async () => {
    await host.artisan('down', '--retry=7')
    const down = await deliver(host, '/messages', message())
    expect([down.status, down.headers.get('retry-after')]).toEqual([503, '7'])
    await host.artisan('up')
    expect((await deliver(host, '/messages', message())).status).toBe(200)
  })
})
