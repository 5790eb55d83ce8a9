import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KEY, World } from '../scenarios/world.ts'
import { expectAccessible } from './accessibility.ts'
import { describeInBrowser, expectQuiet, launch, logInTo, openTab } from './chromium.ts'
import { seedSessions } from './seeded-sessions.ts'

/** `SCREENSHOTS=folder` keeps what the pages look like; `npm run screenshots`. */
const FOLDER = process.env.SCREENSHOTS
const WIDE = { width: 1360, height: 850 }
const PHONE = { width: 390, height: 844 }
const LOOKS = [
  { language: 'en', colorScheme: 'light', ...WIDE },
  { language: 'en', colorScheme: 'dark', ...WIDE },
  { language: 'en', colorScheme: 'light', ...PHONE },
  { language: 'es', colorScheme: 'light', ...WIDE },
  { language: 'es', colorScheme: 'dark', ...PHONE },
] as const
const NAMES = [
  'Zapatería López',
  '<script>alert(1)</script>',
  '\u202eeman desrever',
  'Ñ'.repeat(10_000),
  'a\u200b\u200bb',
  'مطعم البيت',
]

describeInBrowser('the pages', () => {
  const world = new World({ QR_THROTTLE_MS: '0' })
  let browser: Browser
  let seeded: string

  beforeAll(async () => {
    seeded = await mkdtemp(join(tmpdir(), 'whatsapp-manager-seed-'))
    await seedSessions(seeded, 12, i => NAMES[i] ?? `Tienda ${i}`)
    await world.start(seeded)
    await world.link('bakery', '34600000001')
    await world.link('flowers', '34600000003')
    world.laravel.misbehaviour = { status: 503 }
    for (const text of ['Hello, are you open on Sunday?', 'And on Monday?'])
      await world.simulator.contact('34600000002').say('34600000001', text)
    await vi.waitFor(
      async () =>
        expect((await world.call('GET', '/deliveries?state=waiting')).body.count).toBeGreaterThan(1),
      20_000,
    )
    browser = await launch()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await world.end()
    await rm(seeded, { recursive: true, force: true })
  })

  it.each(LOOKS)('are accessible, quiet and as they should be in $language, $colorScheme, $width wide', {
    timeout: 120_000,
  }, async look => {
    const tab = await openTab(browser, world.url, look)
    const { page } = tab
    const { language, colorScheme, width } = look
    const keep = async (name: string) => {
      const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
      expect(wide, `${name} is wider than its window`).toBe(false)
      await expectAccessible(page)
      if (FOLDER === undefined) return
      mkdirSync(FOLDER, { recursive: true })
      await page.screenshot({ path: join(FOLDER, `${name}-${language}-${colorScheme}-${width}.png`) })
    }
    await page.goto('/login')
    await keep('login')
    await logInTo(page, KEY)
    await page.locator('#rows .row').nth(10).waitFor()
    await keep('sessions')
    await page.locator('#create').click()
    await keep('create')
    const id = `new-${language}-${colorScheme}-${width}`
    await page.locator('#create-session_id').fill(id)
    await page.locator('#create-user_id').fill('7')
    await page.locator('#create-dialog [type=submit]').click()
    await page.locator('#link-dialog img.qr').waitFor()
    await keep('qr')
    await page.locator('#link-dialog [data-close]').click()
    await page.locator(`[data-id="bakery"] .more`).click()
    await keep('menu')
    await page.locator('#menu [role=menuitem]').last().click()
    await keep('question')
    await page.locator('#ask-dialog [data-close]').click()
    await page.goto('/dashboard/deliveries')
    await page.locator('#letters .letter').first().waitFor()
    await page.locator('#letters .letter [aria-expanded]').first().click()
    await page.locator('#letters pre').waitFor()
    await keep('deliveries')
    await page.goto('/dashboard/sessions/bakery')
    await page.locator('main h1').waitFor()
    await keep('session')
    await world.call('DELETE', `/sessions/${id}`)
    expectQuiet(tab)
    await page.context().close()
  })
})
