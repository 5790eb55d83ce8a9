import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { Wire } from '../../harness/wire.ts'
import { KEY, World } from '../scenarios/world.ts'
import { describeInBrowser, expectQuiet, launch, logInTo, type Opened, openTab, seeing } from './chromium.ts'

const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 50 })

/** What the page's one stream told it, since it was opened. The browser's own words: no types of a DOM here. */
const TELL_FACTS =
  "globalThis.told = []; document.addEventListener('facts', event => told.push(...event.detail))"
const toldIn = (tab: Opened) => tab.page.evaluate<{ session_id: string; seq: number; type: string }[]>('told')

describeInBrowser('the page of all sessions', () => {
  const world = new World({ QR_THROTTLE_MS: '0' })
  let browser: Browser
  let wire: Wire
  let url: string
  let tab: Opened

  beforeAll(async () => {
    await world.start()
    wire = new Wire(world.url)
    url = `http://127.0.0.1:${await wire.listen()}`
    browser = await launch()
    tab = await openTab(browser, url)
    await tab.page.addInitScript({ content: TELL_FACTS })
  })
  afterAll(async () => {
    await browser?.close()
    await wire?.close()
    await world.end()
  })
  const row = (id: string) => tab.page.locator(`#rows .row[data-id="${id}"]`)
  const stateOf = (id: string) => row(id).locator('.state').textContent()

  it('asks for a key, refuses a wrong one, and opens with the right one', async () => {
    const { page } = tab
    await page.goto('/')
    await page.locator('#key').fill('wrong')
    await page.locator('button[type=submit]').click()
    await page.locator('[role=alert]', { hasText: 'This key is not known' }).waitFor()
    await logInTo(page, KEY)
    expect(new URL(page.url()).pathname).toBe('/')
    // The answer to the wrong key.
    expect(tab.complaints.splice(0)).toHaveLength(1)
  })

  it('says that there is nothing yet, and what to do', async () => {
    const { page } = tab
    await page.locator('#empty', { hasText: 'There is no session yet.' }).waitFor()
    await soon(async () =>
      expect(await page.locator('#figures dd').allTextContents()).toEqual(Array(8).fill('0')),
    )
  })

  it('creates a session, shows its QR, the next one when it rotates, and green when a phone scanned it', async () => {
    const { page } = tab
    await page.locator('#create').click()
    await page.locator('#create-session_id').fill('shop')
    await page.locator('#create-user_id').fill('7')
    await page.locator('#create-dialog [type=submit]').click()
    const image = page.locator('#link-dialog img.qr')
    await image.waitFor()
    const first = await image.getAttribute('src')
    expect(await page.evaluate('document.querySelector(".qr").naturalWidth')).toBeGreaterThan(100)
    expect(await page.locator('#link-dialog .left').textContent()).toMatch(/^Good for \d:\d\d$/)
    const phone = world.simulator.phone('34600000001', { name: '<img src=x onerror=alert(1)>' })
    const { qr } = (await world.call('GET', '/sessions/shop/qr?format=json')).body
    // What it answers cannot be accepted: WhatsApp makes this QR void, and another one takes its place.
    phone.linking.faults = ['hmac']
    await phone.scan(String(qr)).catch(() => {})
    await soon(async () => expect(await image.getAttribute('src')).not.toBe(first))
    await phone.scan(String((await world.call('GET', '/sessions/shop/qr?format=json')).body.qr))
    await page.locator('#link-body[data-step=linked]').waitFor()
    const told = () => page.locator('.linked').textContent()
    await soon(async () => expect(await told()).toBe('Linked as <img src=x onerror=alert(1)>.'))
    await page.locator('#link-dialog [data-close]').click()
    await soon(async () => expect(await stateOf('shop')).toBe('Connected'))
    expectQuiet(tab)
  })

  it('tells what happens, each fact once, also over a cut of the wire', async () => {
    const { page } = tab
    await page.reload()
    await page.locator('#live[data-live=live]').waitFor()
    const from = (await factsOf('shop')).at(-1)!.seq
    await world.simulator.contact('34600000002').say('34600000001', 'before the cut')
    await soon(async () => expect((await toldIn(tab)).map(({ type }) => type)).toContain('message.received'))
    wire.set('cut')
    await page.locator('#cut', { hasText: 'Connection lost' }).waitFor()
    expect(await page.locator('#live').getAttribute('data-live')).toBe('cut')
    await world.simulator.contact('34600000002').say('34600000001', 'during it')
    await world.call('POST', '/sessions/shop/restart')
    await world.waitForState('shop', 'open')
    wire.set('well')
    await page.locator('#live[data-live=live]').waitFor()
    expect(await page.locator('#cut').isVisible()).toBe(false)
    await soon(async () => {
      const facts = (await factsOf('shop')).map(({ seq }) => seq).filter(seq => seq > from)
      expect((await toldIn(tab)).map(({ seq }) => seq)).toEqual(facts)
    })
    // The refused tries while the wire was cut.
    tab.complaints.length = 0
  })

  it('holds no stream while nobody sees it, and then goes on where it was', async () => {
    const { page } = tab
    const before = (await toldIn(tab)).at(-1)!.seq
    const ended = page.waitForEvent('requestfailed', request => request.url().includes('/events?'))
    await seeing(page, false)
    await ended
    await world.call('POST', '/sessions/shop/restart')
    await world.waitForState('shop', 'open')
    expect((await toldIn(tab)).at(-1)!.seq).toBe(before)
    await seeing(page, true)
    await soon(async () => {
      const facts = (await factsOf('shop')).map(({ seq }) => seq).filter(seq => seq > before)
      const told = (await toldIn(tab)).map(({ seq }) => seq).filter(seq => seq > before)
      expect(told).toEqual(facts)
    })
    await soon(async () => expect(await stateOf('shop')).toBe('Connected'))
    expectQuiet(tab)
  })

  it('restarts after a question that says what is lost', async () => {
    const { page } = tab
    const before = (await factsOf('shop')).length
    await row('shop').locator('.more').click()
    await page.getByRole('menuitem', { name: 'Restart' }).click()
    const dialog = page.locator('#ask-dialog')
    expect(await dialog.locator('#ask-loss').textContent()).toContain('Nothing is lost')
    await dialog.locator('[data-close]').click()
    expect((await factsOf('shop')).slice(before).map(({ type }) => type)).not.toContain('restart.requested')
    await row('shop').locator('.more').click()
    await page.getByRole('menuitem', { name: 'Restart' }).click()
    await dialog.locator('[type=submit]').click()
    await page.locator('.toasts', { hasText: 'shop is restarted.' }).waitFor()
    await world.waitForState('shop', 'open')
    expect((await factsOf('shop')).slice(before).map(({ type }) => type)).toContain('restart.requested')
    await soon(async () => expect(await stateOf('shop')).toBe('Connected'))
    expectQuiet(tab)
  })

  it('deletes only what was named, and the row goes', async () => {
    const { page } = tab
    await row('shop').locator('.more').click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = page.locator('#ask-dialog')
    await dialog.locator('#ask-word').fill('shap')
    await dialog.locator('[type=submit]').click()
    expect((await world.call('GET', '/sessions/shop')).status).toBe(200)
    await dialog.locator('#ask-word').fill('shop')
    await dialog.locator('[type=submit]').click()
    await row('shop').waitFor({ state: 'detached' })
    expect((await world.call('GET', '/sessions/shop')).status).toBe(404)
    await page.locator('#empty', { hasText: 'There is no session yet.' }).waitFor()
    expectQuiet(tab)
  })

  it('ends with its login, and the stream with it', async () => {
    const { page } = tab
    await page.locator('#log-out').click()
    await page.locator('#key').waitFor()
    await page.goto('/')
    expect(new URL(page.url()).pathname).toBe('/login')
    expectQuiet(tab)
  })

  const factsOf = async (id: string) =>
    (await world.call('GET', `/sessions/${id}/events?limit=1000`)).body.events as unknown as {
      seq: number
      type: string
    }[]
})
