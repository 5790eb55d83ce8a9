import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { takeFaults } from '../openapi/watch.ts'
import { MINUTE } from '../scenarios/link-world.ts'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { ANA, SHOP } from './shop.ts'
import { SimulatedTime } from './simulated-time.ts'

const PAPER = '34600000005'

describeWithLaravel('an existing application under LARAVEL_CONTRACT=legacy', () => {
  const simulator = new Simulator()
  let host: LaravelHost
  let time: SimulatedTime
  beforeAll(async () => {
    const { url } = await simulator.listen()
    host = await LaravelHost.create({
      withPackage: false,
      overlay: 'legacy-app',
      env: { API_PER_MINUTE: '1000' },
    })
    for (const [id, token] of [
      [SHOP, 'token-1'],
      [PAPER, 'token-2'],
    ])
      host.write(
        `INSERT INTO whatsapp_accounts (session_id, user_id, webhook_token) VALUES ('${id}', 1, '${token}')`,
      )
    await host.start()
    time = await SimulatedTime.begin(simulator, url, host, {
      LARAVEL_URL: `${host.url}/api`,
      LARAVEL_CONTRACT: 'legacy',
    })
    await time.link(SHOP, { webhook_token: 'token-1' })
    await time.until(() => expect(account(SHOP)).toMatchObject({ estado_qr: 'active' }))
  }, 120_000)
  afterAll(async () => {
    await time?.world.end()
    await simulator.close()
    await host?.end()
  })

  // The OpenAPI document tells of today's contract alone.
  afterEach(async () => void (await takeFaults()))

  const account = (id: string) => host.rows('SELECT * FROM whatsapp_accounts WHERE session_id = ?', id)[0]!
  const incoming = () => host.rows('SELECT * FROM incoming ORDER BY id')
  const post = (path: string, body: object) => time.world.call('POST', path, body)

  it('is told a text on the webhook of its account', async () => {
    const { id } = await simulator.contact(ANA, { name: 'Ana' }).say(SHOP, 'hola')
    await time.until(() => expect(incoming()).toHaveLength(1))
    expect(incoming()[0]).toMatchObject({
      ...{
        account_id: 1,
        from: ANA,
        text: 'hola',
        type: 'text',
        wam_id: id,
        push_name: 'Ana',
        audio_name: null,
      },
    })
    expect(Math.abs(Number(incoming()[0]!.timestamp) - Date.now() / 1000)).toBeLessThan(60)
  })

  it('gets a voice note as a file', async () => {
    const audio = randomBytes(5_000)
    const { id } = await simulator
      .contact(ANA)
      .say(SHOP, { audio, mimetype: 'audio/ogg; codecs=opus', ptt: true, seconds: 2 })
    await time.until(() => expect(incoming()).toHaveLength(2))
    expect(incoming()[1]).toMatchObject({
      text: '[Mensaje de audio]',
      type: 'audio',
      audio_name: `${ANA}_${id}.ogg`,
      audio_hash: createHash('sha256').update(audio).digest('hex'),
    })
  })

  it('is told nothing of groups and reactions, and what comes after them', async () => {
    const ana = simulator.contact(ANA)
    const group = simulator.group('Team', [ANA, SHOP])
    await ana.say(group.jid, 'to all')
    await ana.react(SHOP, String(incoming()[0]!.wam_id), '👍')
    await ana.say(SHOP, 'after them')
    await time.until(() => expect(incoming().at(-1)).toMatchObject({ text: 'after them' }))
    expect(incoming()).toHaveLength(3)
    await time.until(async () => expect(await time.deliveries('waiting')).toEqual([]))
  })

  it('is asked for the webhook token of a session that was started without one', async () => {
    await time.link(PAPER)
    await simulator.contact(ANA).say(PAPER, 'to the other shop')
    await time.until(() =>
      expect(incoming().at(-1)).toMatchObject({ account_id: 2, text: 'to the other shop' }),
    )
  })

  it('knows where to bring messages after a restart of the manager', async () => {
    await time.world.stop()
    await time.world.boot()
    await simulator.contact(ANA).say(SHOP, 'after the restart')
    await time.until(() =>
      expect(incoming().at(-1)).toMatchObject({ account_id: 1, text: 'after the restart' }),
    )
  })

  it('sends as it did, and reads errors as they were', async () => {
    await time.world.inState(SHOP, 'open')
    const sent = await post('/send-message', { session_id: SHOP, waId: ANA, type: 'text', body: 'buenas' })
    expect(sent).toMatchObject({ status: 200, body: { success: true, response: { key: { fromMe: true } } } })
    expect(await post('/send', { session_id: SHOP, to: ANA, message: 'otra' })).toMatchObject({ status: 200 })
    await time.until(() =>
      expect(simulator.contact(ANA).inbox.map(({ text }) => text)).toEqual(['buenas', 'otra']),
    )
    expect(
      await post('/send-message', { session_id: 'nobody', wa_id: ANA, type: 'text', body: 'x' }),
    ).toEqual({
      ...{ status: 404, body: { success: false, error: 'Sesión no encontrada' } },
    })
    await post('/start', { user_id: 1, session_id: 'unlinked', webhook_token: 't' })
    expect(
      await post('/send-message', { session_id: 'unlinked', wa_id: ANA, type: 'text', body: 'x' }),
    ).toMatchObject({
      ...{ status: 400, body: { success: false, error: 'SESSION_NOT_CONNECTED' } },
    })
    await post('/delete-session', { session_id: 'unlinked' })
  })

  it('throttles as every Laravel does (429), and gets what waited', async () => {
    await host.setEnv({ API_PER_MINUTE: '1' })
    await simulator.contact(ANA).say(SHOP, 'one')
    await simulator.contact(ANA).say(SHOP, 'two')
    await time.until(async () =>
      expect((await time.deliveries('waiting')).map(({ error }) => error)).toContain('HTTP 429'),
    )
    // A minute of Laravel's own clock.
    await host.setEnv({ API_PER_MINUTE: '1000' })
    await host.artisan('cache:clear')
    await time.pass(5 * MINUTE, () =>
      expect(incoming().slice(-2)).toMatchObject([{ text: 'one' }, { text: 'two' }]),
    )
  })

  it('refuses blanks, which it trims away (422), five times, and the chat goes on', async () => {
    await simulator.contact(ANA).say(SHOP, '  ')
    await simulator.contact(ANA).say(SHOP, 'behind it')
    await time.pass(60 * MINUTE, () => expect(incoming().at(-1)).toMatchObject({ text: 'behind it' }), MINUTE)
    expect(await time.deliveries('dead')).toMatchObject([{ error: 'HTTP 422' }])
  })

  it('keeps the webhook token out of every line of the log', () => {
    expect(time.world.lines.join('')).not.toContain('token-1')
  })
})
