import { afterAll, beforeAll, expect, it } from 'vitest'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, TOKEN } from './shop.ts'
import { deliver, message } from './signed-post.ts'

describeWithLaravel('whatsapp:install in a new application', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({ migrate: false })
  })
  afterAll(() => host?.end())

  it('shows the lines for both sides, and writes three into .env', async () => {
    const { code, output } = await host.artisan('whatsapp:install', '--write')
    expect(code).toBe(0)
    for (const name of ['WHATSAPP_MANAGER_URL', 'WHATSAPP_MANAGER_KEY', 'WHATSAPP_WEBHOOK_SECRET']) {
      const value = new RegExp(`^ *${name}=(.+)$`, 'm').exec(output)?.[1]
      expect(value, name).toBeTruthy()
      expect(await host.read('.env')).toContain(`${name}=${value}`)
    }
    expect(output).toContain(`LARAVEL_URL=${host.url}/whatsapp`)
    expect(await host.read('config/whatsapp.php')).toContain('WHATSAPP_MANAGER_URL')
  })

  it('makes tables once, although its migrations were published', { timeout: 60_000 }, async () => {
    const { code, output } = await host.artisan('migrate', '--force')
    expect([code, output]).toEqual([0, expect.any(String)])
    expect(host.rows('SELECT count(*) AS n FROM whatsapp_sessions')).toEqual([{ n: 0 }])
    expect((await host.artisan('migrate:rollback', '--force')).code).toBe(0)
    expect((await host.artisan('migrate', '--force')).code).toBe(0)
  })

  it('keeps what is set when it is called again', async () => {
    const before = await host.read('.env')
    await host.artisan('whatsapp:install', '--write')
    expect(await host.read('.env')).toBe(before)
  })

  it('takes deliveries under the secret that it made', async () => {
    await host.start()
    const secret = /^WHATSAPP_WEBHOOK_SECRET=(.+)$/m.exec(await host.read('.env'))![1]!
    expect((await deliver(host, '/messages', message(), { secrets: [secret] })).status).toBe(200)
    expect((await deliver(host, '/messages', message(), { secrets: [SECRET], token: TOKEN })).status).toBe(
      401,
    )
  })
})
