import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { type App, createApp } from '../../src/app.ts'
import { createLogger } from '../../src/base/logger.ts'
import { loadConfig } from '../../src/config.ts'
import { describeInBrowser, expectQuiet, launch, openTab } from './chromium.ts'

describeInBrowser('a QR on the page', () => {
  const simulator = new Simulator()
  let app: App
  let browser: Browser
  let dataDir: string

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-'))
    const { url, rootKey } = await simulator.listen()
    const env = { PORT: '0', DATA_DIR: dataDir, WHATSAPP_URL: url, WHATSAPP_ROOT_KEY: rootKey }
    const logger = createLogger({ level: 'silent', format: 'json' })
    app = await createApp(loadConfig(env), logger, { qrTimeoutMs: 4_000 })
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await app.stop()
    await simulator.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('counts down, and is replaced when it rotates, without a reload and without a login', async () => {
    const tab = await openTab(browser, app.url, { language: 'es' })
    const { page } = tab
    await page.goto('/')
    await page.locator('#live[data-live=live]').waitFor()
    await page.locator('#create').click()
    await page.locator('#create-user_id').fill('7')
    await page.locator('#create-dialog [type=submit]').click()
    const image = page.locator('#link-dialog img.qr')
    await image.waitFor()
    await page.evaluate('globalThis.same = true')
    const pictures = new Set<string | null>()
    await vi.waitFor(
      async () => {
        pictures.add(await image.getAttribute('src', { timeout: 1_000 }))
        expect(pictures.size).toBeGreaterThan(2)
      },
      { timeout: 25_000, interval: 100 },
    )
    await page.locator('#link-body', { hasText: 'Se muestra un QR nuevo.' }).waitFor()
    expect(await page.evaluate('globalThis.same')).toBe(true)
    expectQuiet(tab)
  })
})
