import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KEY, World } from '../scenarios/world.ts'
import { describeInBrowser, launch, logInTo, openTab } from './chromium.ts'

/** Where browsers say no `Sec-Fetch-Site`: neither https nor loopback. */
describeInBrowser('the page over plain http, by the name of a host', () => {
  const world = new World()
  let browser: Browser

  beforeAll(async () => {
    await world.start()
    browser = await launch('--host-resolver-rules=MAP manager.test 127.0.0.1')
  })
  afterAll(async () => {
    await browser?.close()
    await world.end()
  })

  it('takes a key, changes what it is asked to, and ends the login', async () => {
    const url = `http://manager.test:${new URL(world.url).port}`
    const { page, foreign } = await openTab(browser, url)
    await logInTo(page, KEY)
    expect(page.url()).toBe(`${url}/`)
    await page.locator('#create').click()
    await page.locator('#create-session_id').fill('shop')
    await page.locator('#create-user_id').fill('7')
    await page.locator('#create-dialog [type=submit]').click()
    await page.locator('#link-dialog img.qr').waitFor()
    await page.locator('#link-dialog [data-close]').click()
    await page.locator('#log-out').click()
    await page.locator('#key').waitFor()
    await page.goto('/')
    expect(new URL(page.url()).pathname).toBe('/login')
    expect(foreign).toEqual([])
  })
})
