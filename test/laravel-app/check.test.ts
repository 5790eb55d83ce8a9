import { afterAll, beforeAll, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { createClock } from '../../src/base/clock.ts'
import { LinkWorld } from '../scenarios/link-world.ts'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, soon, TOKEN } from './shop.ts'

const RIGHT = { LARAVEL_TOKEN: TOKEN, LARAVEL_WEBHOOK_SECRET: SECRET, API_KEYS: 'right-key' }

describeWithLaravel('whatsapp:check and /health/ready name the mend', () => {
  const simulator = new Simulator()
  let world: LinkWorld
  let host: LaravelHost
  beforeAll(async () => {
    const { url } = await simulator.listen()
    host = await LaravelHost.create({
      ...{
        env: {
          WHATSAPP_MANAGER_TOKEN: TOKEN,
          WHATSAPP_WEBHOOK_SECRET: SECRET,
          WHATSAPP_MANAGER_KEY: 'right-key',
        },
      },
    })
    await host.start()
    // Both clocks are compared.
    world = new LinkWorld(simulator, { clock: createClock() })
    await world.start(url, { ...RIGHT, LARAVEL_URL: `${host.url}/whatsapp` })
    await world.stop()
  }, 120_000)
  afterAll(async () => {
    await world?.end()
    await simulator.close()
    await host?.end()
  })

  /** The manager with these settings, asked from both sides; a session makes it ask Laravel at once. */
  async function look(env: Record<string, string>, ours: Record<string, string> = {}) {
    await world.boot({ LARAVEL_URL: `${host.url}/whatsapp`, ...RIGHT, ...env })
    await host.setEnv({ WHATSAPP_MANAGER_URL: world.url, WHATSAPP_MANAGER_KEY: 'right-key', ...ours })
    try {
      return await host.artisan('whatsapp:check')
    } finally {
      await world.stop()
    }
  }

  it('finds nothing to mend where all is right', async () => {
    const { code, output } = await look({})
    expect([code, output]).toEqual([0, expect.stringContaining('All is well.')])
  })

  it('finds nothing to mend in a slash at the end', async () => {
    const { code, output } = await look({ LARAVEL_URL: `${host.url}/whatsapp/` })
    expect([code, output]).toEqual([0, expect.stringContaining('All is well.')])
  })

  it('says that no worker runs, and that the table of the queue is missing', async () => {
    host.write(`INSERT INTO whatsapp_messages (session_id, message_id, chat_id, type, sent_at, updated_at, handling)
      VALUES ('shop', 'A', '1@lid', 'text', '2026-01-02 00:00:00.000', '2026-01-02 00:00:00.000', 'queued')`)
    const waits = await look({})
    expect(waits.code).toBe(0)
    expect(waits.output).toMatch(/! queue: messages have waited.*\n.*queue:work/)
    host.write('UPDATE whatsapp_messages SET handling = NULL; ALTER TABLE jobs RENAME TO jobs_away')
    const missing = await look({})
    host.write('ALTER TABLE jobs_away RENAME TO jobs')
    expect(missing.code).toBe(1)
    expect(missing.output).toMatch(/✗ queue: jobs go into jobs, which is missing.*\n.*queue:table/)
  })

  it('asks for another mode of SQLite`s transactions, where Laravel has one', async () => {
    await host.setEnv({ DB_TRANSACTION_MODE: 'DEFERRED' })
    const { code, output } = await look({})
    await host.setEnv({ DB_TRANSACTION_MODE: null })
    const hasModes = await host.run("return version_compare(app()->version(), '12.26', '>=');")
    expect([code, /! queue: SQLite refuses.*\n.*transaction_mode/.test(output)]).toEqual([0, hasModes])
  })

  it.each<[string, () => Record<string, string>, RegExp]>([
    ['another path', () => ({ LARAVEL_URL: `${host.url}/api` }), /LARAVEL_URL/],
    [
      'a host that redirects',
      () => ({ LARAVEL_URL: `${host.url}/api/moved/whatsapp` }),
      /redirect|30[1278]/i,
    ],
    ['a wrong token', () => ({ LARAVEL_TOKEN: 'other' }), /LARAVEL_TOKEN/],
    ['a closed port', () => ({ LARAVEL_URL: 'http://127.0.0.1:1/whatsapp' }), /ECONNREFUSED|LARAVEL_URL/],
  ])('names the mend of %s on the way to Laravel', async (_, env, mend) => {
    const { code, output } = await look(env())
    expect(code).toBe(1)
    expect(output).toMatch(mend)
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['a closed port', { WHATSAPP_MANAGER_URL: 'http://127.0.0.1:1' }, /WHATSAPP_MANAGER_URL/],
    ['a wrong key', { WHATSAPP_MANAGER_KEY: 'other' }, /WHATSAPP_MANAGER_KEY/],
  ])('names the mend of %s on the way to the manager', async (_, ours, mend) => {
    const { code, output } = await look({}, ours)
    expect(code).toBe(1)
    expect(output).toMatch(mend)
  })

  it.each<[string, () => Record<string, string>, RegExp]>([
    ['another path', () => ({ LARAVEL_URL: `${host.url}/api` }), /LARAVEL_URL/],
    [
      'a host that redirects',
      () => ({ LARAVEL_URL: `${host.url}/api/moved/whatsapp` }),
      /redirect|30[1278]/i,
    ],
    ['a wrong token', () => ({ LARAVEL_TOKEN: 'other' }), /LARAVEL_TOKEN/],
  ])('is said by /health/ready once a session needs an answer: %s', async (_, env, mend) => {
    await world.boot({ LARAVEL_URL: `${host.url}/whatsapp`, ...RIGHT, ...env(), API_KEYS: '' })
    try {
      await world.call('POST', '/start', { user_id: 1, session_id: 'shop' })
      await soon(async () => {
        const { body } = await world.call('GET', '/health/ready')
        expect(JSON.stringify(body)).toMatch(mend)
      })
    } finally {
      await world.call('DELETE', '/sessions/shop')
      await world.stop()
    }
  })
})
