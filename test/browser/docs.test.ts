import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestHttp } from '../http/fakes.ts'
import { expectAccessible } from './accessibility.ts'
import { describeInBrowser, expectQuiet, launch, openTab } from './chromium.ts'

describeInBrowser('/docs', () => {
  const { http } = createTestHttp({ apiKeys: ['key'] })
  let browser: Browser
  let url: string

  beforeAll(async () => {
    url = (await http.listen()).url
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await http.close()
  })

  it.each(['light', 'dark'] as const)('is styled, accessible and asks for nothing else, %s', {
    timeout: 120_000,
  }, async colorScheme => {
    const tab = await openTab(browser, url, { colorScheme })
    const { page } = tab
    const asked: string[] = []
    page.on('request', request => asked.push(request.url()))
    await page.goto('/docs')
    await page.locator('#start > summary').click()
    await page.locator('#start td', { hasText: 'user_id' }).first().waitFor()
    const radius = await page.evaluate(
      "getComputedStyle(document.querySelector('details.operation')).borderTopLeftRadius",
    )
    expect(radius).toBe('10px')
    await expectAccessible(page)
    expect(asked.filter(address => address.startsWith('http'))).toEqual([`${url}/docs`])
    expectQuiet(tab)
  })

  it('fits a phone', async () => {
    const { page } = await openTab(browser, url, { width: 390, height: 844 })
    await page.goto('/docs')
    const wider = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(wider).toBe(0)
  })
})
