import { afterAll, beforeAll, expect, it } from 'vitest'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, TOKEN } from './shop.ts'
import { deliver, message } from './signed-post.ts'

describeWithLaravel('an application whose config, routes, events and views are cached', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET },
    })
    await host.start()
  })
  afterAll(() => host?.end())

  it.each(['config:cache', 'route:cache', 'event:cache', 'view:cache'])('artisan %s works', async command => {
    const { code, output } = await host.artisan(command)
    expect([code, output]).toEqual([0, expect.stringContaining('success')])
  })

  it('takes deliveries, checks them, and does so by what was cached', async () => {
    const told = message({ body: '  as it was ' })
    expect((await deliver(host, '/messages', told)).status).toBe(200)
    expect(host.rows('SELECT body FROM whatsapp_messages')).toEqual([{ body: '  as it was ' }])
    await host.setEnv({ WHATSAPP_MANAGER_TOKEN: 'not read any more' })
    expect((await deliver(host, '/messages', message())).status).toBe(200)
    expect((await deliver(host, '/messages', message(), { token: 'other' })).status).toBe(401)
  })

  it('works off its queue', async () => {
    const { output } = await host.artisan('queue:work', '--stop-when-empty', '--sleep=0')
    expect(output).not.toContain('Failed')
    expect(host.seen('MessageReceived')).toHaveLength(2)
  })

  it('goes back to what is in its files', async () => {
    expect((await host.artisan('optimize:clear')).code).toBe(0)
    expect((await deliver(host, '/messages', message())).status).toBe(401)
  })
})
