import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KEY, World } from '../scenarios/world.ts'
import { expectAccessible } from './accessibility.ts'
import { describeInBrowser, expectQuiet, launch, logInTo, type Opened, openTab } from './chromium.ts'

const SHOP = '34600000001'
const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 50 })

describeInBrowser('a phone that is linked on the page', () => {
  const world = new World({ QR_THROTTLE_MS: '0', API_KEYS: `${KEY},wallboard:read` })
  let browser: Browser
  let tab: Opened

  beforeAll(async () => {
    await world.start()
    browser = await launch()
    tab = await openTab(browser, world.url)
    await logInTo(tab.page, KEY)
  })
  afterAll(async () => {
    await browser?.close()
    await world.end()
  })
  const create = async (id: string, phone = '') => {
    await tab.page.locator('#create').click()
    await tab.page.locator('#create-session_id').fill(id)
    await tab.page.locator('#create-user_id').fill('7')
    await tab.page.locator('#create-phone_number').fill(phone)
    await tab.page.locator('#create-dialog [type=submit]').click()
  }
  const linked = () => tab.page.locator('#link-body[data-step=linked]').waitFor()
  const close = () => tab.page.locator('#link-dialog [data-close]').click()

  it('types the code that is shown in place of a QR', async () => {
    // As people write it.
    await create('by-code', '+34 600-000 001')
    const code = tab.page.locator('#link-body .code')
    await code.waitFor()
    const shown = (await code.textContent())!
    expect(shown).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/)
    await world.simulator.phone(SHOP, { name: 'Shop' }).enterCode(shown.replace('-', ''))
    await linked()
    await close()
  })

  it('is asked for a passkey, and begins again when its owner does not want to', async () => {
    const phone = world.simulator.phone('34600000003', { name: 'Careful' })
    phone.demandPasskey({})
    await create('careful')
    await tab.page.locator('#link-dialog img.qr').waitFor()
    const { qr } = (await world.call('GET', '/sessions/careful/qr?format=json')).body
    phone.scan(String(qr)).catch(() => {})
    await tab.page.locator('#link-body .url').waitFor()
    expect(await tab.page.locator('#link-body .url').textContent()).toContain('/passkey/')
    await expectAccessible(tab.page)
    await tab.page.getByRole('button', { name: 'Begin again' }).click()
    await tab.page.locator('#link-dialog img.qr').waitFor()
    await close()
  })

  it('is linked by a passkey once the page and the phone show the same code, and both say so', async () => {
    const { page } = tab
    const phone = world.simulator.phone('34600000005', { name: 'Compared' })
    phone.demandPasskey({ code: 'awaited', continues: false })
    await create('compared')
    await page.locator('#link-dialog img.qr').waitFor()
    const { qr } = (await world.call('GET', '/sessions/compared/qr?format=json')).body
    phone.scan(String(qr)).catch(() => {})
    await page.locator('#link-body .url').waitFor()
    const { options } = (await world.call('GET', '/sessions/compared/passkey')).body as unknown as {
      options: { challenge: string }
    }
    const submit = () =>
      world.call('POST', '/sessions/compared/passkey', { assertion: phone.assertPasskey(options) })
    await submit()
    await soon(() => expect(phone.passkey.progress.stage).toBe('prologue'))
    // The proof went with the first, which the phone never answered.
    phone.account.passkey!.continues = true
    await submit()
    const shown = page.locator('#link-body .code')
    await shown.waitFor()
    expect(await shown.textContent()).toBe(phone.passkey.progress.code)
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Yes, the same' }).click()
    phone.passkey.answerCode(true)
    await linked()
    await close()
  })

  it('never shows the QR of one session under the name of another', async () => {
    const { page } = tab
    await world.call('POST', '/start', { user_id: 7, session_id: 'other' })
    await page.locator('#rows .row[data-id=other]').waitFor()
    const open = async (id: string) => {
      await page.locator(`#rows .row[data-id=${id}] .more`).click()
      await page.getByRole('menuitem', { name: 'Show QR' }).click()
    }
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await page.route('**/sessions/careful/qr?*', async route => {
      await released
      await route.continue()
    })
    const asked = page.waitForRequest('**/sessions/careful/qr?*')
    await open('careful')
    await asked
    await close()
    await open('other')
    const image = page.locator('#link-dialog img.qr')
    await image.waitFor()
    const late = page.waitForResponse('**/sessions/careful/qr?*')
    release()
    await (await late).finished()
    // The browser has drawn what came.
    await page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    expect(await image.getAttribute('src')).toContain('/sessions/other/qr')
    await page.unroute('**/sessions/careful/qr?*')
    await close()
    await world.call('DELETE', '/sessions/other')
    await page.locator('#rows .row[data-id=other]').waitFor({ state: 'detached' })
  })

  it('is seen by who may only read, without its QR and without a way to change anything', async () => {
    const other = await openTab(browser, world.url)
    const { page } = other
    await logInTo(page, 'wallboard')
    await page.locator('.badge', { hasText: 'Read only' }).waitFor()
    await soon(async () => expect(await page.locator('#rows .row').count()).toBe(3))
    expect(await page.locator('dialog, #create, .more').count()).toBe(0)
    expect(await page.evaluate("fetch('/sessions/careful/qr').then(answer => answer.status)")).toBe(403)
    expect(
      await page.evaluate(
        "fetch('/sessions/by-code/restart', { method: 'POST' }).then(answer => answer.status)",
      ),
    ).toBe(403)
    expect(other.foreign).toEqual([])
    await page.context().close()
  })

  it('leads to the login when a restart of the manager ended it', async () => {
    const { page } = tab
    expectQuiet(tab)
    const { port } = new URL(world.url)
    await world.stopManager('SIGTERM')
    await page.locator('#live[data-live=cut]').waitFor()
    await world.startManager({ PORT: port })
    await page.locator('#cut a', { hasText: 'Log in again' }).waitFor()
    // It is said once: what is asked afterwards is not sent, and does not say it again.
    await page.evaluate("document.querySelector('#cut a').same = true")
    await create('too-late')
    await page.locator('#create-dialog .notice', { hasText: 'Your login has ended.' }).waitFor()
    await page.locator('#create-dialog [data-close]').first().click()
    expect(await page.evaluate("document.querySelector('#cut a').same")).toBe(true)
    await page.locator('#cut a').click()
    await page.locator('#key').waitFor()
    expect(new URL(page.url()).pathname).toBe('/login')
  })
})
