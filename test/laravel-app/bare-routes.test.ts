import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStandIn } from '../laravel/stand-in.ts'
import { KEY, World } from '../scenarios/world.ts'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { ANA, SHOP, soon, TOKEN } from './shop.ts'

const PAGE = readFileSync('docs/laravel-routes.md', 'utf8')

/** The page's files, by the path that their first line says. */
const FILES = Object.fromEntries(
  [...PAGE.matchAll(/```php\n\/\/ (\S+\.php)\n\n([\s\S]*?)```/g)].map(([, path, code]) => [
    path!,
    `<?php\n\n${code}`,
  ]),
)

it('has five files and nothing else in docs/laravel-routes.md', () => {
  expect(PAGE.match(/```php/g)).toHaveLength(5)
  expect(Object.keys(FILES)).toEqual([
    'database/migrations/2026_01_01_000001_create_whatsapp_tables.php',
    'routes/api.php',
    'app/Http/Middleware/FromWhatsappManager.php',
    'config/services.php',
    'app/Support/WhatsappManager.php',
  ])
})

describeWithLaravel('the routes without the package, as docs/laravel-routes.md has them', () => {
  let host: LaravelHost
  let world: World
  let session = ''
  beforeAll(async () => {
    host = await LaravelHost.create({ withPackage: false, files: FILES, timezone: 'Europe/Madrid' })
    world = new World({
      ...{ LARAVEL_URL: `${host.url}/api`, LARAVEL_TOKEN: TOKEN, LARAVEL_MESSAGE_STATUS: 'true' },
      CONNECT_PER_SECOND: '1000',
    })
    await Promise.all([host.start(), world.start()])
    await host.setEnv({
      ...{ WHATSAPP_MANAGER_URL: world.url, WHATSAPP_MANAGER_KEY: KEY, WHATSAPP_MANAGER_TOKEN: TOKEN },
      API_PER_MINUTE: '1',
    })
  }, 120_000)
  afterAll(async () => {
    await world?.end({ unsettled: 'the manager is killed while receipts are on their way' })
    await host?.end()
  })

  const row = () => host.rows('SELECT * FROM whatsapp_sessions WHERE session_id = ?', session)[0]!
  const messages = () => host.rows('SELECT * FROM whatsapp_messages ORDER BY id')
  const send = (body: string, key: string) =>
    host.run<{ status: number; json: Record<string, unknown> }>(`
      $answer = App\\Support\\WhatsappManager::send('${session}', '${ANA}', '${body}', '${key}');
      return ['status' => $answer->status(), 'json' => $answer->json()];`)

  it('link a phone with an API key, and forget the QR that was used', async () => {
    session = await host.run<string>("return App\\Support\\WhatsappManager::start('1');")
    await soon(() => expect(row().qr).toMatch(/^2@|^https:/))
    // What Laravel in Madrid reads is the moment that the manager meant.
    const left = await host.run<number>(`
      $row = DB::table('whatsapp_sessions')->first();
      return Illuminate\\Support\\Carbon::parse($row->qr_expires_at, 'UTC')->getTimestamp() - time();`)
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(61)
    await world.simulator.phone(SHOP, { name: 'Shop' }).scan(String(row().qr))
    await soon(() =>
      expect(row()).toMatchObject({ estado_qr: 'active', wa_id: SHOP, qr: null, qr_expires_at: null }),
    )
  })

  it('take a message with its spaces, its answer and its date in UTC, and a voice note', async () => {
    const ana = world.simulator.contact(ANA, { name: 'Ana' })
    const first = await ana.say(SHOP, '  hola \n')
    await soon(() => expect(messages()).toHaveLength(1))
    expect(messages()[0]).toMatchObject({ message_id: first.id, body: '  hola \n', from: ANA, type: 'text' })
    const sentAt = Date.parse(`${String(messages()[0]!.sent_at).replace(' ', 'T')}Z`)
    expect(Math.abs(sentAt - Date.now())).toBeLessThan(60_000)
    const group = world.simulator.group('Team', [ANA, SHOP])
    await ana.say(group.jid, 'to all')
    await soon(() => expect(messages()[1]).toMatchObject({ chat_id: group.jid, body: 'to all' }))
    expect(messages()[1]!.participant).toMatch(/@lid$/)
  })

  it('send once, however often they ask under one key, and hear how far it is', async () => {
    const { status, json } = await send('on our way', 'order-7')
    expect(status).toBe(200)
    expect((await send('on our way', 'order-7')).json).toMatchObject({
      message_id: json.message_id,
      replayed: true,
    })
    const ana = world.simulator.contact(ANA)
    expect(ana.inbox.map(({ text }) => text)).toEqual(['on our way'])
    ana.read(String(json.message_id))
    await soon(() =>
      expect(
        host
          .rows<{ status: string }>(
            'SELECT status FROM whatsapp_message_statuses WHERE message_id = ?',
            String(json.message_id),
          )
          .map(({ status }) => status)
          .sort(),
      ).toEqual(['delivered', 'read', 'sent']),
    )
  })

  it('ask once for what stays refused', async () => {
    await expect(send('other words', 'order-7')).rejects.toThrow(/422/)
    expect(world.output.match(/"path":"\/send-message","status":422/g)).toHaveLength(1)
  })

  it('try again what may work later, under the same key', async () => {
    const answers = [503, 429, { status: 409, body: '{"error":"IDEMPOTENCY_IN_FLIGHT"}' }, 200]
    const busy = await startStandIn(() => answers.shift()!)
    await host.setEnv({ WHATSAPP_MANAGER_URL: new URL(busy.url).origin })
    expect((await send('at last', 'order-8')).status).toBe(200)
    expect(busy.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(Array(4).fill('order-8'))
    await busy.close()
  })

  it.each([
    'SIGKILL',
    'SIGTERM',
  ] as const)('send once though the manager gets %s in the middle', async signal => {
    const { simulator } = world
    const words = `in spite of ${signal}`
    const arrived = () => simulator.contact(ANA).inbox.filter(({ text }) => text === words)
    // A receipt of the phone would answer as well as WhatsApp's ack.
    simulator.contact(ANA).autoDelivered = false
    simulator.dropAck(SHOP)
    await host.setEnv({ WHATSAPP_MANAGER_URL: world.url })
    const first = send(words, `order-${signal}`).catch(() => null)
    await soon(() => expect(arrived()).toHaveLength(1))
    await world.stopManager(signal)
    // Soon enough for the first request to be tried again, or too late for it: as in life.
    await world.startManager({ PORT: new URL(world.url).port, SEND_WAIT_MS: '1000' })
    await first
    await world.waitForState(session, 'open')
    const { json } = await send(words, `order-${signal}`)
    expect(json).toMatchObject({ message_id: arrived()[0]!.id, replayed: true })
    expect((await first)?.json.message_id ?? json.message_id).toBe(json.message_id)
    const told = () =>
      host.rows('SELECT status FROM whatsapp_message_statuses WHERE message_id = ?', String(json.message_id))
    await soon(() => expect(told()).toEqual([{ status: 'sent' }]))
    expect(new Set(arrived().map(({ id }) => id)).size).toBe(1)
  })

  it('let nobody else in, and no form', async () => {
    const ask = (headers: Record<string, string>, body = '{}') =>
      fetch(`${host.url}/api/messages`, {
        method: 'POST',
        headers: { accept: 'application/json', ...headers },
        body,
      })
    expect((await ask({ 'content-type': 'application/json' })).status).toBe(401)
    expect(
      (await ask({ authorization: `Bearer ${TOKEN}`, 'content-type': 'application/x-www-form-urlencoded' }))
        .status,
    ).toBe(415)
  })
})
