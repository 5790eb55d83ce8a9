import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KEY, World } from '../scenarios/world.ts'
import { describeInBrowser, expectQuiet, launch, logInTo, type Opened, openTab } from './chromium.ts'
import { seedSessions } from './seeded-sessions.ts'

const COUNT = 1000
const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 50 })

/** The rows in which something changed since it was asked to look. */
const WATCH = `
  globalThis.changed = []
  new MutationObserver(records => {
    for (const { target } of records) {
      const row = (target.nodeType === 1 ? target : target.parentElement)?.closest('.row')
      // The clock's work, which one timer does for the page, is counted apart.
      if (row && !(target.nodeType === 1 && target.matches('time, .next'))) changed.push(row.dataset.id)
    }
  }).observe(document.getElementById('rows'), { childList: true, subtree: true, characterData: true, attributes: true })`

describeInBrowser('a thousand sessions', () => {
  const world = new World()
  let browser: Browser
  let tab: Opened
  let seeded: string

  beforeAll(async () => {
    seeded = await mkdtemp(join(tmpdir(), 'whatsapp-manager-seed-'))
    await seedSessions(seeded, COUNT)
    await world.start(seeded)
    browser = await launch()
    tab = await openTab(browser, world.url)
    await logInTo(tab.page, KEY)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await world.end()
    await rm(seeded, { recursive: true, force: true })
  })
  const shown = () => tab.page.locator('#rows .row').count()

  it('are all there, and few of them are laid out', async () => {
    await soon(async () => expect(await shown()).toBe(COUNT))
    expect(await tab.page.locator('#count').textContent()).toBe('1000 of 1000 sessions')
    const laidOut = await tab.page.evaluate<number>(
      "[...document.querySelectorAll('#rows .row .state')].filter(one => one.checkVisibility({ contentVisibilityAuto: true })).length",
    )
    expect(laidOut).toBeGreaterThan(5)
    expect(laidOut).toBeLessThan(150)
  })

  it('are scrolled without a change to any of them', async () => {
    const { page } = tab
    await page.evaluate(WATCH)
    for (let i = 0; i < 20; i++) await page.mouse.wheel(0, 3_000)
    await page.keyboard.press('End')
    await soon(async () => expect(await page.evaluate('scrollY')).toBeGreaterThan(40_000))
    expect(await page.evaluate('changed')).toEqual([])
    await page.locator('[data-id="shop-0999"]').waitFor()
  })

  it('leave alone what did not change when one of them does', async () => {
    const { page } = tab
    await world.call('POST', '/start', { user_id: 7, session_id: 'shop-0007' })
    const row = page.locator('#rows .row[data-id="shop-0007"]')
    await soon(async () => expect(await row.getAttribute('data-state')).not.toBe('loggedOut'))
    expect([...new Set(await page.evaluate<string[]>('changed'))]).toEqual(['shop-0007'])
  })

  it('are found by name, number and user, filtered and sorted', async () => {
    const { page } = tab
    await page.keyboard.press('/')
    await page.keyboard.type('shop 42')
    await soon(async () => expect(await shown()).toBeLessThan(30))
    await page.locator('#search').fill('34611000123')
    await soon(async () => expect(await shown()).toBe(1))
    await page.locator('#search').fill('nobody has this')
    await page.locator('#empty', { hasText: 'No session matches.' }).waitFor()
    await page.locator('#search').fill('')
    await page.locator('#filter [value=reconnecting]').check()
    await soon(async () =>
      expect(await page.locator('#rows .row:not([data-state=reconnecting])').count()).toBe(0),
    )
    // Who sleeps has lost no connection.
    expect(await shown()).toBe(100)
    await page.locator('#filter [value=asleep]').check()
    await soon(async () => expect(await shown()).toBe(800))
    await page.locator('#sort').selectOption('since')
    await soon(async () =>
      expect(await page.locator('#rows .row').first().getAttribute('data-id')).toMatch(/^shop-0/),
    )
    await page.locator('#filter [value=""]').check()
    await page.locator('#sort').selectOption('id')
  })

  it('are walked through by the keyboard alone', async () => {
    const { page } = tab
    const at = () => page.evaluate("document.activeElement.closest('.row')?.dataset.id")
    await page.locator('#search').focus()
    await page.keyboard.press('ArrowDown')
    expect(await at()).toBe('shop-0000')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    expect(await at()).toBe('shop-0002')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('End')
    expect(await at()).toBe('shop-0999')
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/dashboard/sessions/shop-0000')
    await page.goBack()
    expect(tab.foreign).toEqual([])
    expectQuiet(tab)
  })

  it('count down to their next try by one timer', async () => {
    const { page } = tab
    await page.locator('#filter [value=reconnecting]').check()
    await page.locator('#search').fill('shop-0003')
    const next = page.locator('#rows .row[data-id="shop-0003"] .next')
    const first = await next.textContent()
    expect(first).toMatch(/^Next try \d+:\d\d/)
    await soon(async () => expect(await next.textContent()).not.toBe(first))
  })
})
