import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { wordsOf } from '../../src/dashboard/words/languages.ts'
import { KEY, World } from '../scenarios/world.ts'
import { describeInBrowser, launch, logInTo, openTab, seeing } from './chromium.ts'
import { seedSessions } from './seeded-sessions.ts'
import { ANA, BEN, SHOP, story } from './session-story.ts'
import { createReader, expectSpanish } from './spanish.ts'

/** What people wrote, and the names that they gave. */
const DATA = [
  ...['Ana Torres', 'Ben', 'Friday market', 'shop', 'Shop shop', 'nueva', 'código', 'nobody', 'stream-2'],
  ...['Who brings the tables on Friday?', 'I have two in the van.', 'Is the blue lamp still there?'],
  ...['Hello! Are you open on Saturday?', 'Yes, from ten to two.', 'Can you print this one?'],
  ...['Of course. A3 or A4?', 'Of course. A3 or A4? Both are ready on Monday.', 'A3, please. Thank you!'],
  ...['Are you there?', '❤️'],
  ...Array.from({ length: 12 }, (_, i) => [`Shop ${i}`, `shop-${String(i).padStart(4, '0')}`]).flat(),
  ...[SHOP, ANA, BEN].map(number => `+${number}`),
]
const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 50 })
const es = wordsOf('es')

describeInBrowser('the pages in Spanish', () => {
  const world = new World({
    QR_THROTTLE_MS: '0',
    CONNECT_PER_SECOND: '1000',
    API_KEYS: `${KEY},wallboard:read`,
  })
  const reads = createReader(DATA)
  let browser: Browser
  let page: Page
  let seeded: string

  beforeAll(async () => {
    seeded = await mkdtemp(join(tmpdir(), 'whatsapp-manager-seed-'))
    await seedSessions(seeded, 12)
    const store = new DatabaseSync(join(seeded, 'store.sqlite'))
    store.exec("UPDATE events SET context = 'x' WHERE stream_id = 'stream-2'")
    store.close()
    await world.start(seeded)
    await story(world)
    world.laravel.misbehaviour = { status: 500 }
    for (const text of ['Are you there?', 'Hello! Are you open on Saturday?'])
      await world.simulator.contact(ANA).say(SHOP, text)
    await world.simulator.contact(BEN).say(SHOP, 'Is the blue lamp still there?')
    await soon(async () => {
      const { deliveries } = (await world.call('GET', '/deliveries?state=waiting')).body as never as {
        deliveries: { error: string | null }[]
      }
      expect(deliveries.filter(({ error }) => error !== null).length).toBeGreaterThan(1)
    })
    browser = await launch()
    page = (await openTab(browser, world.url, { language: 'es' })).page
  }, 90_000)
  afterAll(async () => {
    await browser?.close()
    await world.end()
    await rm(seeded, { recursive: true, force: true })
  })
  const isSpanish = (within?: string) => expectSpanish(page, reads, within)

  it('have a reader that is not taken in', () => {
    for (const text of ['Sesiones', 'Próximo intento 4:09', 'open → loggedOut'])
      expect(reads(text), text).toBe(true)
    for (const text of [
      'Sessions',
      'Next try 4:09',
      'open: It is connected: messages come and go.',
      'after settle',
    ])
      expect(reads(text), text).toBe(false)
  })

  it('say so at the door', async () => {
    await page.goto('/login')
    await isSpanish()
    await page.locator('#key').fill('wrong')
    await page.locator('button[type=submit]').click()
    await page.locator('[role=alert]').waitFor()
    await isSpanish()
    expect(await page.locator('html').getAttribute('lang')).toBe('es')
  })

  it('list sessions, what is wrong, and what can be done', async () => {
    await logInTo(page, KEY)
    await soon(async () => expect(await page.locator('#rows .row').count()).toBe(13))
    await page.locator('#health .notice').nth(1).waitFor()
    await isSpanish()
    await page.locator('#rows .row[data-id="shop-0000"] .more').click()
    await isSpanish()
    await page.keyboard.press('Escape')
    for (const action of ['restart', 'logout', 'delete'] as const) {
      await page.locator('#rows .row[data-id=shop] .more').click()
      await page.getByRole('menuitem', { name: es.actions[action], exact: true }).click()
      await isSpanish()
      if (action === 'restart') await page.locator('#ask-dialog [type=submit]').click()
      else await page.locator('#ask-dialog [data-close]').click()
    }
    await page.locator('.toasts p').waitFor()
    await world.waitForState('shop', 'open')
    await isSpanish()
    await page.locator('#search').fill('nobody')
    await page.locator('#empty', { hasText: es.sessions.noMatch }).waitFor()
    await isSpanish()
    await page.locator('#search').fill('')
  })

  it('link a phone', async () => {
    const create = async (id: string, user: string, phone = '') => {
      await page.locator('#create').click()
      await page.locator('#create-session_id').fill(id)
      await page.locator('#create-user_id').fill(user)
      await page.locator('#create-phone_number').fill(phone)
      await isSpanish()
      await page.locator('#create-dialog [type=submit]').click()
    }
    await create('shop', '99')
    await page.locator('#create-dialog .notice').waitFor()
    await isSpanish()
    await page.locator('#create-dialog [data-close]').click()
    await create('nueva', '7')
    await page.locator('#link-dialog img.qr').waitFor()
    await isSpanish()
    const { qr } = (await world.call('GET', '/sessions/nueva/qr?format=json')).body
    const phone = world.simulator.phone('34600000009', { name: 'Shop 0' })
    phone.demandPasskey({})
    phone.scan(String(qr)).catch(() => {})
    await page.locator('#link-body .url').waitFor()
    await isSpanish()
    await page.locator('#link-dialog [data-close]').click()
    await world.call('DELETE', '/sessions/nueva')
    await create('nueva', '7', '34600000010')
    await page.locator('#link-body .code').waitFor()
    await isSpanish()
    await page.locator('#link-dialog [data-close]').click()
  })

  it('tell what Laravel has not taken, and why', async () => {
    await page.goto('/dashboard/deliveries')
    const letters = page.locator('#letters .letter')
    await letters.nth(1).waitFor()
    await letters.first().locator('[aria-expanded]').click()
    await letters.first().locator('pre').waitFor()
    expect(await page.locator('#letters .error').first().textContent()).toContain('Laravel falló')
    await isSpanish()
    await page.locator('#retry').click()
    await page.locator('.toasts p').waitFor()
    await page.locator('#replay').click()
    await page.locator('#replay-session_id').fill('nobody')
    await page.locator('#replay-dialog [type=submit]').click()
    await page.locator('#replay-dialog .notice').waitFor()
    await isSpanish()
    await page.locator('#replay-dialog [data-close]').click()
    await page.locator('#filter [value=dead]').check({ force: true })
    await page.locator('#empty', { hasText: es.deliveries.noneDead }).waitFor()
    await isSpanish()
  })

  // A request for each of some thirty facts.
  it('show a session at every fact, its chart, its chats and their ways', { timeout: 90_000 }, async () => {
    await page.goto('/dashboard/sessions/shop')
    await page.locator('#standing .state').waitFor()
    const last = Number(await page.locator('#slider').getAttribute('max'))
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    await isSpanish()
    for (let seq = 1; seq <= last; seq++) {
      const read = page.waitForResponse(`**/at/${seq}`)
      await page.locator('#slider').fill(String(seq))
      await (await read).finished()
      await page.locator(`#moment [data-moment*='"asked":${seq},']`).waitFor()
      await isSpanish('.machine .side')
    }
    for (const chat of await page.locator('#chat-list [data-open]').all()) {
      await chat.click()
      await page.locator(`#bubbles[data-of="${await chat.getAttribute('data-open')}"]`).waitFor()
      await isSpanish('#chats')
    }
  })

  it.each(['shop-0002', 'shop-0003', 'shop-0007', 'shop-0000', 'nobody'])('show %s', async id => {
    await page.goto(`/dashboard/sessions/${id}`)
    await (id === 'nobody' ? page.locator('.empty h1') : page.locator('#standing > *').first()).waitFor()
    await isSpanish()
  })

  it('say it to who may only read', { timeout: 60_000 }, async () => {
    const { page: other } = await openTab(browser, world.url, { language: 'es' })
    await logInTo(other, 'wallboard')
    await soon(async () => expect(await other.locator('#rows .row').count()).toBe(14))
    await expectSpanish(other, reads)
    await other.context().close()
  })

  it('tell that the service is away, and that the login has ended', async () => {
    await page.goto('/')
    await page.locator('#live[data-live=live]').waitFor()
    const { port } = new URL(world.url)
    await world.stopManager('SIGTERM')
    await page.locator('#live[data-live=cut]').waitFor()
    await isSpanish()
    world.laravel.misbehaviour = null
    await world.startManager({ PORT: port })
    await seeing(page, true)
    await page.locator('#cut a').waitFor()
    await isSpanish()
  })
})
