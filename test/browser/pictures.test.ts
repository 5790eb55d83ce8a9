import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KEY, World } from '../scenarios/world.ts'
import { expectAccessible } from './accessibility.ts'
import { describeInBrowser, expectQuiet, launch, logInTo, openTab } from './chromium.ts'
import { seedDeadLetters, seedSessions } from './seeded-sessions.ts'
import { BEN, SHOP, story } from './session-story.ts'

/** `SCREENSHOTS=folder` keeps what the pages look like, in every look; `npm run screenshots`. */
const FOLDER = process.env.SCREENSHOTS
const WIDE = { width: 1360, height: 850 }
const PHONE = { width: 390, height: 844 }
const ALL = (['en', 'es'] as const).flatMap(language =>
  (['light', 'dark'] as const).flatMap(colorScheme =>
    [WIDE, PHONE].map(size => ({ language, colorScheme, ...size })),
  ),
)
/** Each language, each colour and each width; the rest is for eyes. */
const LOOKS = FOLDER === undefined ? [0, 3, 5].map(i => ALL[i]!) : ALL
/** What differs little from another page, for axe: it is looked at in one of them. */
const ALIKE =
  /^(?:login-refused|sessions-none|code|replay|session-(?:past|shop-0007|nobody))-(?!en-light-1360)/
const NAMES = [
  'Zapatería López',
  '<script>alert(1)</script>',
  '\u202eeman desrever',
  'Ñ'.repeat(10_000),
  'a\u200b\u200bb',
  'مطعم البيت',
]

describeInBrowser('the pages', () => {
  const world = new World({ QR_THROTTLE_MS: '0', CONNECT_PER_SECOND: '1000', API_KEYS: `${KEY},looks:read` })
  let browser: Browser
  let seeded: string

  beforeAll(async () => {
    seeded = await mkdtemp(join(tmpdir(), 'whatsapp-manager-seed-'))
    await seedSessions(seeded, 12, i => NAMES[i] ?? `Tienda ${i}`)
    seedDeadLetters(seeded)
    await world.start(seeded)
    await story(world)
    world.laravel.misbehaviour = { status: 503 }
    for (const text of ['Hello, are you open on Sunday?', 'And on Monday?'])
      await world.simulator.contact(BEN).say(SHOP, text)
    await vi.waitFor(
      async () => {
        const { body } = await world.call('GET', '/deliveries?state=waiting')
        const { deliveries } = body as never as { deliveries: { error: string | null }[] }
        expect(deliveries.some(({ error }) => error !== null)).toBe(true)
      },
      { timeout: 60_000 },
    )
    browser = await launch()
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    await world.end()
    await rm(seeded, { recursive: true, force: true })
  }, 60_000)

  /** Looks at a page as it stands: whether it fits its window, whether all can use it. */
  async function look(page: Page, name: string): Promise<void> {
    const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
    expect(wide, `${name} is wider than its window`).toBe(false)
    if (FOLDER !== undefined || !ALIKE.test(name)) await expectAccessible(page)
    if (FOLDER === undefined) return
    mkdirSync(FOLDER, { recursive: true })
    // What is out of sight is not painted, and what is pointed at looks otherwise.
    await page.evaluate(
      "for (const one of document.querySelectorAll('#rows .row')) one.style.contentVisibility = 'visible'",
    )
    await page.mouse.move(0, 0)
    const isDialog = (await page.locator('dialog[open], #menu:popover-open').count()) > 0
    if (!isDialog) await page.evaluate('scrollTo(0, 0)')
    await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: !isDialog })
  }

  it.each(LOOKS)('are accessible, quiet and as they should be in $language, $colorScheme, $width wide', {
    timeout: 300_000,
  }, async how => {
    const { language, colorScheme, width } = how
    const tab = await openTab(browser, world.url, how)
    const { page } = tab
    const of = `${language}-${colorScheme}-${width}`
    const keep = (name: string) => look(page, `${name}-${of}`)
    const close = (dialog: string) => page.locator(`#${dialog} [data-close]`).click()
    await page.goto('/login')
    await keep('login')
    await page.locator('#key').fill('wrong')
    await page.locator('button[type=submit]').click()
    await page.locator('[role=alert]').waitFor()
    await keep('login-refused')
    expect(tab.complaints.splice(0)).toHaveLength(1)

    await logInTo(page, KEY)
    await page.locator('#rows .row').nth(10).waitFor()
    await page.locator('#health .notice').first().waitFor()
    await keep('sessions')
    await page.locator('#search').fill('nobody has this')
    await page.locator('#empty').waitFor()
    await keep('sessions-none')
    await page.locator('#search').fill('')

    const create = async (id: string, phone = '') => {
      await page.locator('#create').click()
      if (phone === '') await keep('create')
      await page.locator('#create-session_id').fill(id)
      await page.locator('#create-user_id').fill('7')
      await page.locator('#create-phone_number').fill(phone)
      await page.locator('#create-dialog [type=submit]').click()
    }
    await create(`new-${of}`)
    await page.locator('#link-dialog img.qr').waitFor()
    await keep('qr')
    await close('link-dialog')
    await create(`code-${of}`, '+34600000099')
    await page.locator('#link-body .code').waitFor()
    await keep('code')
    await close('link-dialog')
    await page.locator('[data-id="shop"] .more').click()
    await keep('menu')
    await page.locator('#menu [role=menuitem]').last().click()
    await keep('question')
    await close('ask-dialog')

    await page.goto('/dashboard/deliveries')
    await page.locator('#letters .letter [aria-expanded]').first().click()
    await page.locator('#letters pre').waitFor()
    await keep('deliveries')
    await page.locator('#filter [value=dead]').check({ force: true })
    await page.locator('#letters .letter', { hasText: 'HTTP 422' }).first().waitFor()
    await keep('dead-letters')
    await page.locator('#replay').click()
    await keep('replay')
    await close('replay-dialog')

    await page.goto('/dashboard/sessions/shop')
    await page.locator('#standing .state').waitFor()
    await keep('session')
    await page.locator('#facts [data-seq] summary').first().click()
    await page.locator('#slider').focus()
    await page.keyboard.press('Home')
    await page.locator('#moment[data-past]').waitFor()
    await keep('session-past')
    for (const id of ['shop-0003', 'shop-0007', 'nobody']) {
      await page.goto(`/dashboard/sessions/${id}`)
      await page.locator(id === 'nobody' ? '.empty h1' : '#standing .state').waitFor()
      await keep(`session-${id}`)
    }
    // The browser's own word of the session that is not there.
    expect(tab.complaints.splice(0)).toHaveLength(1)
    for (const id of [`new-${of}`, `code-${of}`]) await world.call('DELETE', `/sessions/${id}`)
    expectQuiet(tab)
    await page.context().close()

    const reader = await openTab(browser, world.url, how)
    await logInTo(reader.page, 'looks', '/dashboard/sessions/shop')
    expect(await reader.page.locator('dialog, #restart, #logout, #delete, #link').count()).toBe(0)
    await reader.page.locator('#chat-list [data-open]', { hasText: 'Ana Torres' }).click()
    await reader.page.locator('#bubbles img').waitFor()
    await vi.waitFor(
      async () =>
        expect(await reader.page.evaluate('document.querySelector("#bubbles img").naturalWidth')).toBe(512),
      { timeout: 20_000 },
    )
    await look(reader.page, `chat-${of}`)
    expectQuiet(reader)
    await reader.page.context().close()
  })
})
