import { existsSync } from 'node:fs'
import { type Browser, type ConsoleMessage, chromium, type Page } from 'playwright-core'
import { describe, expect } from 'vitest'

/** Debian's package `chromium`, or whichever CHROMIUM names. */
const PROGRAM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  path => path !== undefined && existsSync(path),
)

if (PROGRAM === undefined && process.env.REQUIRE_BROWSER === '1')
  throw new Error('REQUIRE_BROWSER=1, and there is no chromium: apt-get install chromium, or give CHROMIUM')

/** What needs a real browser: skipped by its name where there is none, a failure with REQUIRE_BROWSER=1. */
export const describeInBrowser = describe.skipIf(PROGRAM === undefined)

/** `flags`: what else Chromium is told, beside what it needs in a container. */
export const launch = (...flags: string[]): Promise<Browser> =>
  chromium.launch({ executablePath: PROGRAM!, args: ['--no-sandbox', '--disable-dev-shm-usage', ...flags] })

export interface Opened {
  page: Page
  /** Addresses beyond the manager's that the browser asked for. */
  foreign: string[]
  /** What the page's scripts threw or complained of. */
  complaints: string[]
}

interface Options {
  language?: 'en' | 'es'
  colorScheme?: 'light' | 'dark'
  width?: number
  height?: number
}

/** A tab of its own, with its own cookies; what it should not do is noted. */
export async function openTab(browser: Browser, url: string, options: Options = {}): Promise<Opened> {
  const { language = 'en', colorScheme = 'light', width = 1360, height = 850 } = options
  const context = await browser.newContext({
    baseURL: url,
    locale: language,
    colorScheme,
    viewport: { width, height },
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(12_000)
  const [foreign, complaints]: [string[], string[]] = [[], []]
  page.on('request', request => {
    const asked = request.url()
    if (!asked.startsWith(`${url}/`) && !/^(?:data|blob):/.test(asked)) foreign.push(asked)
  })
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    const isComplaint = message.type() === 'error' || message.type() === 'warning'
    if (isComplaint && !isOfQrThatIsGone(message)) complaints.push(message.text())
  })
  return { page, foreign, complaints }
}

/** A QR rotates, is scanned or deleted while its picture is asked for; the browser itself writes that down. */
function isOfQrThatIsGone(message: ConsoleMessage): boolean {
  return /\/sessions\/[^/]+\/qr\?/.test(message.location().url) && message.text().includes('404 (Not Found)')
}

/** Opens a path as a reader without a login does: the form, the key, and on to where it led. */
export async function logInTo(page: Page, key: string, path = '/'): Promise<void> {
  await page.goto(path)
  await page.locator('#key').fill(key)
  await page.locator('button[type=submit]').click()
  await page.locator('#live[data-live=live]').waitFor()
}

/** The tab is looked at, or another one lies over it. */
export const seeing = (page: Page, isSeen: boolean): Promise<void> =>
  page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${!isSeen} })
    void document.dispatchEvent(new Event('visibilitychange'))`)

/** Nothing was asked of others, and no script complained. */
export function expectQuiet({ foreign, complaints }: Opened): void {
  expect(foreign).toEqual([])
  expect(complaints).toEqual([])
}
