import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithLaravel } from './php.ts'
import { ANA, SHOP, Shop, soon } from './shop.ts'

describeWithLaravel('a web server with one worker, and the queue in its requests', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await Shop.open({ workers: 1, env: { QUEUE_CONNECTION: 'sync' } })
  }, 120_000)
  afterAll(() => shop?.close())

  const browser = { cookie: '' }
  const visit = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${shop.laravel.url}${path}`, {
      ...{ redirect: 'manual', headers: { ...(browser.cookie && { cookie: browser.cookie }), ...headers } },
    })
    const set = response.headers.getSetCookie().find(cookie => cookie.startsWith('shop_session='))
    if (set !== undefined) browser.cookie = set.split(';', 1)[0]!
    return response
  }

  it('starts a session within a request: the manager does not ask back before it answered', async () => {
    expect((await visit('/login-as/1')).status).toBe(200)
    const began = Date.now()
    expect((await visit('/shops/shop/link')).status).toBe(302)
    expect(Date.now() - began).toBeLessThan(5_000)
    await soon(() => expect(shop.laravel.seen('QrReceived')).not.toEqual([]))
  })

  it('shows its owner the QR on a page, and nobody else', async () => {
    const page = await (await visit('/shops/shop')).text()
    expect(page).toContain('/whatsapp/sessions/shop/qr')
    const state = await visit('/whatsapp/sessions/shop/qr', { accept: 'application/json' })
    const shown = (await state.json()) as { state: string; picture: string }
    expect(shown.state).toBe('qr')
    expect(shown.picture).toContain('svg')
    const mine = browser.cookie
    browser.cookie = ''
    await visit('/login-as/2')
    expect((await visit('/whatsapp/sessions/shop/qr', { accept: 'application/json' })).status).toBe(404)
    browser.cookie = ''
    expect((await visit('/whatsapp/sessions/shop/qr', { accept: 'application/json' })).status).toBe(401)
    browser.cookie = mine
  })

  it('goes green once the phone has scanned it', async () => {
    await shop.scan('shop', SHOP)
    await soon(() => shop.estado('shop', 'active'))
    const state = await visit('/whatsapp/sessions/shop/qr', { accept: 'application/json' })
    expect(await state.json()).toEqual({ state: 'active' })
  })

  it('answers from within the delivery of a message, without a deadlock', async () => {
    const ana = shop.world.simulator.contact(ANA)
    const began = Date.now()
    for (const n of [1, 2, 3]) await ana.say(SHOP, `order ${n}`)
    await soon(() =>
      expect(ana.inbox.map(({ text }) => text)).toEqual(['On its way: 1', 'On its way: 2', 'On its way: 3']),
    )
    expect(Date.now() - began).toBeLessThan(15_000)
    await soon(() =>
      expect(
        shop.laravel.rows(
          'SELECT count(*) AS n FROM whatsapp_message_statuses WHERE status = ?',
          'delivered',
        ),
      ).toEqual([{ n: 3 }]),
    )
  })
})
