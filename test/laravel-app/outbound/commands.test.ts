import { afterAll, beforeAll, expect, it } from 'vitest'
import { KEY } from '../../scenarios/world.ts'
import { describeWithLaravel } from '../php.ts'
import { SHOP, Shop, soon } from '../shop.ts'

describeWithLaravel('the artisan commands beside a manager', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await Shop.open({ manager: { API_KEYS: `${KEY},wallboard:read` } })
    await shop.link('shop', SHOP)
  }, 60_000)
  afterAll(() => shop?.close())

  it('whatsapp:link has nothing to do for one that is linked', async () => {
    const { code, output } = await shop.laravel.artisan('whatsapp:link', 'shop')
    expect([code, output.trim()]).toEqual([0, `Session shop is linked to +${SHOP}.`])
  })

  it('whatsapp:link --phone shows a code to be typed in', async () => {
    const linking = shop.laravel.artisan('whatsapp:link', 'second', '--user=2', '--phone=+34600000009')
    // The command has asked and got one, so that it shows it.
    const shown = /"path":"\/sessions\/second\/pairing-code"[^\n]*"status":200/
    await soon(() => expect(shop.world.output).toMatch(shown))
    const { body } = await shop.world.call('GET', '/sessions/second/pairing-code')
    const { code } = body as Record<string, unknown> as { code: string }
    await shop.world.simulator.phone('34600000009', { name: 'Second' }).enterCode(code)
    const { output } = await linking
    expect(output).toContain(`Type ${code} into the phone`)
    expect(output).toContain('Session second is linked')
  })

  it('whatsapp:link asks whose session a new one is', async () => {
    const { code, output } = await shop.laravel.artisan('whatsapp:link', 'third')
    expect([code, output]).toEqual([1, expect.stringContaining('--user=')])
  })

  it('whatsapp:link gives up in time, and says how far it is', async () => {
    const { code, output } = await shop.laravel.artisan('whatsapp:link', 'fourth', '--user=1', '--timeout=1')
    expect([code, output]).toEqual([1, expect.stringMatching(/was not linked in time/)])
  })

  it('whatsapp:sessions lists them', async () => {
    const { code, output } = await shop.laravel.artisan('whatsapp:sessions', '--state=open')
    expect(code).toBe(0)
    expect(output).toMatch(/shop +\| 1 +\| open\.\w+ +\| active +\| \+34600000001/)
    expect(output).not.toContain('fourth')
  })

  it.each([
    [{ WHATSAPP_WEBHOOK_SECRET: '', WHATSAPP_MANAGER_TOKEN: '' }, 'whatsapp:install'],
    [{ WHATSAPP_MANAGER_KEY: 'wallboard' }, 'without ":read"'],
    [{ WHATSAPP_MANAGER_TOKEN: 'other' }, 'LARAVEL_TOKEN'],
    [{ WHATSAPP_ROUTE_PREFIX: 'elsewhere' }, '/elsewhere'],
  ])('whatsapp:check says what mends %j', async (wrong, mend) => {
    const env = await shop.laravel.read('.env')
    const before = Object.fromEntries(
      Object.keys(wrong).map(name => [name, new RegExp(`^${name}="(.*)"$`, 'm').exec(env)?.[1] ?? null]),
    )
    await shop.laravel.setEnv(wrong as Record<string, string>)
    const { code, output } = await shop.laravel.artisan('whatsapp:check')
    await shop.laravel.setEnv(before)
    expect(output).toContain('✗')
    expect(output).toContain(mend)
    expect(code).toBe(1)
  })

  it('whatsapp:check warns of what works in one process only', async () => {
    await shop.laravel.setEnv({ QUEUE_CONNECTION: 'sync', CACHE_DRIVER: 'array' })
    const { output } = await shop.laravel.artisan('whatsapp:check')
    await shop.laravel.setEnv({ QUEUE_CONNECTION: 'database', CACHE_DRIVER: null })
    expect(output).toContain('! queue: sync')
    expect(output).toContain('! cache: array')
  })
})
