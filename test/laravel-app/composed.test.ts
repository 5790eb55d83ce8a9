import { afterAll, beforeAll, expect, it } from 'vitest'
import { composed } from '../deploy/compose.ts'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, soon, TOKEN } from './shop.ts'
import { deliver, message } from './signed-post.ts'

const { app, worker } = composed('deploy/compose.laravel.yaml', {
  API_KEYS: 'of-an-operator,of-laravel',
  WHATSAPP_MANAGER_KEY: 'of-laravel',
  LARAVEL_TOKEN: TOKEN,
  LARAVEL_WEBHOOK_SECRET: SECRET,
  LARAVEL_IMAGE: 'shop',
})

describeWithLaravel('an image with a .env of its own, as deploy/compose.laravel.yaml runs it', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create()
    const { port } = new URL(host.url)
    const here = (word: string) =>
      word.replace('0.0.0.0', '127.0.0.1').replace('--port=8000', `--port=${port}`)
    await host.runAs(app!.command!.slice(1).map(here), app!.environment)
    await host.runAs(worker!.command!.slice(1), worker!.environment)
  })
  afterAll(() => host?.end())

  it('takes deliveries under what Compose sets, and its worker hears of them', async () => {
    const { status } = await soon(() => deliver(host, '/messages', message({ body: 'hola' })))
    expect(status).toBe(200)
    await soon(() => expect(host.seen('MessageReceived')).toHaveLength(1))
  })
})
