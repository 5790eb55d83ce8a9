import { afterAll, beforeAll, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { MINUTE } from '../scenarios/link-world.ts'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { ANA, SHOP, TOKEN } from './shop.ts'
import { SimulatedTime } from './simulated-time.ts'

const BEN = '34600000003'

describeWithLaravel('a Laravel that fails for a while', () => {
  const simulator = new Simulator()
  let host: LaravelHost
  let time: SimulatedTime
  beforeAll(async () => {
    const { url } = await simulator.listen()
    host = await LaravelHost.create({ env: { WHATSAPP_MANAGER_TOKEN: TOKEN } })
    host.write(
      `INSERT INTO whatsapp_sessions (session_id, user_id, estado_qr) VALUES ('${SHOP}', '1', 'pending')`,
    )
    await host.start({ ini: ['post_max_size=8K'] })
    time = await SimulatedTime.begin(simulator, url, host, {
      LARAVEL_URL: `${host.url}/whatsapp`,
      LARAVEL_TOKEN: TOKEN,
    })
    await time.link(SHOP)
    await time.until(() => expect(estado()).toBe('active'))
  }, 120_000)
  afterAll(async () => {
    await time?.world.end()
    await simulator.close()
    await host?.end()
  })

  const estado = () => host.rows('SELECT estado_qr FROM whatsapp_sessions')[0]!.estado_qr
  const bodies = (from = ANA) =>
    host
      .rows<{ body: string }>('SELECT body FROM whatsapp_messages WHERE "from" = ? ORDER BY id', from)
      .map(({ body }) => body)
  const say = (text: string, from = ANA) => simulator.contact(from).say(SHOP, text)
  const waits = async (error: string | RegExp) =>
    time.until(async () =>
      expect((await time.deliveries('waiting')).map(row => row.error)).toContainEqual(
        expect.stringMatching(error),
      ),
    )

  it('gets each message once and in its chat`s order after ten minutes away', async () => {
    await say('before')
    await time.until(() => expect(bodies()).toEqual(['before']))
    await host.stop()
    for (const text of ['one', 'two', 'three']) await say(text)
    await say('ben', BEN)
    // A process that dies still takes a connection now and then.
    await waits(/^ECONN(?:REFUSED|RESET)$/)
    await time.pass(10 * MINUTE, () => Promise.reject(new Error('still away')), MINUTE).catch(() => {})
    expect(JSON.stringify(await time.ready())).toContain('ECONNREFUSED')
    await host.start({ ini: ['post_max_size=8K'] })
    // Its chat may have been tried last five minutes ago, and is in fifteen.
    await time.pass(20 * MINUTE, () =>
      expect([bodies(), bodies(BEN)]).toEqual([['before', 'one', 'two', 'three'], ['ben']]),
    )
    expect((await time.ready()).problems).toEqual([])
    expect(await time.deliveries('dead')).toEqual([])
  })

  it('keeps the session, and takes all of it, after maintenance mode', async () => {
    await host.artisan('down', '--retry=30')
    await say('during maintenance')
    await waits('HTTP 503')
    expect((await time.world.session(SHOP)).state).toBe('open')
    await host.artisan('up')
    await time.pass(5 * MINUTE, () => expect(bodies().at(-1)).toBe('during maintenance'))
  })

  it('is told what to compare while its token is another one, and gets all once it is right', async () => {
    await host.setEnv({ WHATSAPP_MANAGER_TOKEN: 'rotated' })
    await say('during rotation')
    await waits('HTTP 401')
    expect((await time.world.session(SHOP)).state).toBe('open')
    await host.setEnv({ WHATSAPP_MANAGER_TOKEN: TOKEN })
    await time.pass(5 * MINUTE, () => expect(bodies().at(-1)).toBe('during rotation'))
  })

  it('cannot queue for a while (500), and has each message once afterwards', async () => {
    host.write('ALTER TABLE jobs RENAME TO jobs_away')
    await say('not queued')
    await waits('HTTP 500')
    host.write('ALTER TABLE jobs_away RENAME TO jobs')
    await time.pass(5 * MINUTE, () => expect(bodies().at(-1)).toBe('not queued'))
    expect(bodies().filter(body => body === 'not queued')).toHaveLength(1)
  })

  it('follows no redirect (302), says that it is one, and brings each message once it is gone', async () => {
    const page = `${host.url}/login-as/1`
    await host.setEnv({ MOVED_TO: page })
    expect((await fetch(`${host.url}/whatsapp/messages`, { method: 'POST' })).status).toBe(200)
    await say('while it leads away')
    await waits('HTTP 302')
    await time.pass(
      3 * MINUTE,
      async () => expect(JSON.stringify(await time.ready())).toMatch(/answered 302/),
      MINUTE / 2,
    )
    expect(await time.ready()).toMatchObject({
      ready: true,
      warnings: [{ message: expect.stringMatching(/LARAVEL_URL must be the final address/) }],
    })
    expect((await time.world.session(SHOP)).state).toBe('open')
    await host.setEnv({ MOVED_TO: null })
    await time.pass(20 * MINUTE, () => expect(bodies().at(-1)).toBe('while it leads away'), MINUTE)
    expect(bodies().filter(body => body === 'while it leads away')).toHaveLength(1)
    expect((await time.ready()).problems).toEqual([])
  })

  it('refuses a body that is too large for it (413) five times, and the chat goes on', async () => {
    await say('x'.repeat(9_000))
    await say('behind it')
    await waits('HTTP 413')
    await time.pass(60 * MINUTE, () => expect(bodies().at(-1)).toBe('behind it'), MINUTE)
    expect(await time.deliveries('dead')).toMatchObject([{ error: 'HTTP 413' }])
  })

  it('gets every chat in its order while it is restarted again and again', async () => {
    const [before, benBefore] = [bodies().length, bodies(BEN).length]
    const numbers = Array.from({ length: 12 }, (_, n) => `n${n}`)
    for (const [n, text] of numbers.entries()) {
      if (n % 4 === 1) await host.stop()
      await say(text)
      await say(text, BEN)
      if (n % 4 === 3) await host.start()
    }
    await time.pass(10 * MINUTE, () => {
      expect(bodies().slice(before)).toEqual(numbers)
      expect(bodies(BEN).slice(benBefore)).toEqual(numbers)
    })
  })

  it('gets a dead letter again when somebody asks for it, under its first id', async () => {
    // The server that was started last takes more.
    const [dead] = await time.deliveries('dead')
    await time.world.call('POST', `/deliveries/${dead!.id}/redrive`)
    await time.pass(MINUTE, () => expect(bodies().at(-1)).toBe('x'.repeat(9_000)))
  })

  it('hears the events of a chat in the order of its messages, once a worker runs', async () => {
    await host.artisan('queue:work', '--stop-when-empty', '--sleep=0')
    const heard = host
      .seen('MessageReceived')
      .map(({ data }) => data.message as { body: string; from: string })
    expect(heard.filter(({ from }) => from === ANA).map(({ body }) => body)).toEqual(bodies())
  })
})
