import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KEY, World } from '../scenarios/world.ts'
import { describeInBrowser, expectQuiet, launch, logInTo, type Opened, openTab } from './chromium.ts'

const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 50 })
/** More than the page looks through before it is asked to go on. */
const OF_OTHERS = 52_000
const HOSTILE = `</pre><script>alert(1)</script>\u202eevil\u200b${'x'.repeat(10_000)}`

describeInBrowser('the page of deliveries', () => {
  const world = new World()
  let browser: Browser
  let tab: Opened

  beforeAll(async () => {
    await world.start()
    await world.link('shop', '34600000001')
    await soon(() => expect(world.laravel.accepted('/whatsapp/status').at(-1)?.estado_qr).toBe('active'))
    world.laravel.misbehaviour = { status: 503 }
    for (const text of [HOSTILE, 'second'])
      await world.simulator.contact('34600000002').say('34600000001', text)
    await soon(async () => expect((await world.call('GET', '/deliveries?state=waiting')).body.count).toBe(2))
    browser = await launch()
    tab = await openTab(browser, world.url)
  })
  afterAll(async () => {
    await browser?.close()
    await world.end()
  })
  const letters = () => tab.page.locator('#letters .letter')

  it('shows what waits, with its error and its payload as text', async () => {
    const { page } = tab
    await logInTo(page, KEY, '/dashboard/deliveries')
    await soon(async () => expect(await letters().count()).toBe(2))
    const first = letters().last()
    await first.getByRole('button', { name: 'Payload' }).click()
    const text = await first.locator('pre').textContent()
    expect(text).toContain('<script>alert(1)</script>')
    expect(await page.evaluate('document.scripts.length')).toBe(2)
    expect(
      await first.evaluate('(one => one.scrollWidth <= one.clientWidth)(document.querySelector(".letter"))'),
    ).toBe(true)
  })

  it('draws a row anew under the focus and the open payload that it has', async () => {
    const { page } = tab
    const last = letters().last()
    const again = last.getByRole('button', { name: 'Try now' })
    await again.focus()
    const row = "document.querySelector('#letters .letter:last-child')"
    await page.evaluate(`${row}.isOld = true`)
    await again.press('Enter')
    await soon(async () => expect(await page.evaluate(`${row}.isOld === true`)).toBe(false))
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Try now')
    expect(await last.locator('pre').count()).toBe(1)
    const payload = last.getByRole('button', { name: 'Payload' })
    expect(await payload.getAttribute('aria-expanded')).toBe('true')
    await payload.click()
    expect(await last.locator('pre').count()).toBe(0)
    expect(await payload.getAttribute('aria-expanded')).toBe('false')
  })

  it('begins although the service could not answer at first', async () => {
    const { page } = await openTab(browser, world.url)
    let asked = 0
    await page.route('**/dashboard/figures', route => (asked++ < 3 ? route.abort() : route.continue()))
    await logInTo(page, KEY, '/dashboard/deliveries')
    await soon(async () => expect(await page.locator('#letters .letter').count()).toBe(2))
    await page.context().close()
  })

  it('has a dead letter sent again, which Laravel then takes', async () => {
    await world.stopManager('SIGTERM')
    const store = new DatabaseSync(join(world.dataDir, 'store.sqlite'))
    store.exec(`UPDATE deliveries SET dead_at = at, attempts = 5, last_error = 'HTTP 422 "<b>no</b>"'`)
    store.exec(`INSERT INTO deliveries (webhook_id, kind, lane, stream_id, session_id, seq, at, payload, next_at, dead_at)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${OF_OTHERS})
      SELECT 'other.' || i, 'events', 'other|events', 'other', 'other', i, ${Date.now()}, '{}', 0, ${Date.now()} FROM n`)
    store.close()
    world.laravel.misbehaviour = null
    await world.startManager()
    await tab.page.context().close()
    tab = await openTab(browser, world.url)
    const { page } = tab
    await logInTo(page, KEY, '/dashboard/deliveries')
    await page.locator('#empty', { hasText: 'None among the newest' }).waitFor()
    await page.locator('#more').click()
    await page.locator('#empty', { hasText: 'Nothing waits for Laravel.' }).waitFor()
    expect(await page.locator('#more').isHidden()).toBe(true)
    await page.locator('#filter [value=dead]').check()
    await soon(async () => expect(await letters().count()).toBe(50))
    await page.locator('#search').fill('shop')
    await page.locator('#search').press('Enter')
    await page.locator('#empty', { hasText: 'None among the newest' }).waitFor()
    await page.locator('#more').click()
    await soon(async () => expect(await letters().count()).toBe(2))
    expect(await letters().first().locator('.error .technical').textContent()).toBe('HTTP 422 "<b>no</b>"')
    const before = world.laravel.accepted('/messages').length
    await letters().last().getByRole('button', { name: 'Send again' }).click()
    await page.locator('.toasts', { hasText: 'It stands in line again.' }).waitFor()
    await soon(() => expect(world.laravel.accepted('/messages').length).toBe(before + 1))
    expect(world.laravel.accepted('/messages').at(-1)?.body).toBe(HOSTILE)
    await soon(async () => expect(await letters().count()).toBe(1))
  })

  it('replays a stretch', async () => {
    const { page } = tab
    const before = world.laravel.accepted('/messages').length
    await page.locator('#replay').click()
    await page.locator('#replay-session_id').fill('nobody')
    await page.locator('#replay-dialog [type=submit]').click()
    await page.locator('#replay-dialog .notice', { hasText: 'There is no session of this name.' }).waitFor()
    await page.locator('#replay-session_id').fill('shop')
    await page.locator('#replay-dialog [type=submit]').click()
    await page.locator('.toasts', { hasText: 'Messages that go to Laravel again: 2.' }).waitFor()
    await soon(() => expect(world.laravel.accepted('/messages').length).toBe(before + 2))
    // The browser's own word of the session that is not there.
    expect(tab.complaints.splice(0)).toHaveLength(1)
    expectQuiet(tab)
  })
})
