import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KEY, World } from '../scenarios/world.ts'
import { describeInBrowser, expectQuiet, launch, logInTo, type Opened, openTab, seeing } from './chromium.ts'
import { HOSTILE } from './hostile-texts.ts'
import { ANA, BEN, ROGUE, SHOP, story } from './session-story.ts'

const PATH = '/dashboard/sessions/shop'
const soon = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 50 })

describeInBrowser('the page of one session', () => {
  const world = new World({
    CONNECT_PER_SECOND: '1000',
    MEDIA_WAIT_MS: '2000',
  })
  let browser: Browser
  let tab: Opened

  beforeAll(async () => {
    await world.start()
    await story(world)
    browser = await launch()
    tab = await openTab(browser, world.url, { width: 1440, height: 1000 })
    await logInTo(tab.page, KEY, PATH)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await world.end()
  })
  const lit = async (kind: string) =>
    tab.page.locator(`#statechart [data-lit="${kind}"]`).evaluateAll(all => all.map(({ id }) => id))

  it('lights where the session is, and the last step', async () => {
    expect(await lit('here')).toEqual(['state:open.settling'])
    expect(await lit('around')).toEqual(['state:open', 'name:open'])
    expect((await lit('last')).toSorted()).toEqual(['arrow:starting>open', 'initial:open'])
    expect(await lit('ways')).toContain('arrow:open>reconnecting.hibernated')
  })

  it('shows a chat with its picture, answer, reaction, edit and ways, and what arrives in it at once', async () => {
    const { page } = tab
    await page.locator('#chat-list [data-open]', { hasText: 'Ana Torres' }).click()
    const bubbles = page.locator('#bubbles .bubble')
    await bubbles.first().waitFor()
    expect(await bubbles.count()).toBe(5)
    await soon(async () =>
      expect(
        await page
          .locator('#bubbles img')
          .evaluate(image => (image as unknown as { naturalWidth: number }).naturalWidth),
      ).toBe(512),
    )
    expect(await page.locator('#bubbles .reactions').textContent()).toContain('❤️')
    const answer = page.locator('#bubbles .bubble', { hasText: 'Both are ready on Monday.' })
    expect(await answer.locator('blockquote').textContent()).toContain('Can you print this one?')
    const read = page.locator('#bubbles .bubble', { hasText: 'Yes, from ten to two.' })
    await read.locator('summary').click()
    const steps = await read.locator('.way li').allTextContents()
    expect(steps.map(step => step.split(' ')[0])).toEqual([
      'Queued',
      'Transmitted',
      'Sent',
      'Delivered',
      'Read',
    ])
    const facts = await page.locator('#facts li').count()
    await world.simulator.contact(ANA).say(SHOP, 'One more thing: matt paper?')
    await page.locator('#bubbles .bubble', { hasText: 'matt paper?' }).waitFor()
    await page.locator('#facts li').nth(facts).waitFor()
    expect(await page.locator('#facts li').first().textContent()).toContain('A message arrived from')
    expect(await page.locator('#chat-list li').first().textContent()).toContain('matt paper?')
    // What was opened to be read stays open.
    expect(await read.locator('.about[open]').count()).toBe(1)
    // A picture stays the one that is there, also in a bubble that says something new.
    await page.evaluate("document.querySelector('#bubbles img').same = true")
    const photo = bubbles.filter({ has: page.locator('img') })
    await world.simulator.contact(ANA).react(SHOP, (await photo.getAttribute('data-id'))!, '🙏')
    await photo.locator('.reactions').waitFor()
    expect(await page.evaluate("document.querySelector('#bubbles img').same")).toBe(true)
  })

  it('goes back to any fact by slider, keyboard and log, and forward again as it happens', async () => {
    const { page } = tab
    await page.locator('#slider').focus()
    await page.keyboard.press('Home')
    await soon(async () => expect(await lit('here')).toEqual(['state:starting.connecting']))
    expect(await page.locator('#moment .said').textContent()).toContain('The session was created')
    expect(await page.locator('#slider').getAttribute('aria-valuetext')).toMatch(
      /^Fact 1 of \d+: starting.connecting$/,
    )
    await page.keyboard.press(']')
    await soon(async () => expect(await lit('here')).toEqual(['state:awaitingQr.verifying.asking']))
    expect(await page.locator('#moment .changes').textContent()).toContain('qr.current')
    expect(await lit('last')).toContain('arrow:starting>awaitingQr')
    const restart = page.locator('#facts li', { hasText: 'Somebody asked for a restart.' })
    await restart.locator('[data-show]').click()
    await soon(async () => expect(await page.locator('#moment .said').textContent()).toContain('restart'))
    expect(await restart.getAttribute('aria-current')).toBe('true')
    // What happens meanwhile moves nobody who looks at the past.
    const last = Number(await page.locator('#slider').getAttribute('max'))
    await world.simulator.contact(ANA).say(SHOP, 'Hello?')
    await soon(async () =>
      expect(Number(await page.locator('#slider').getAttribute('max'))).toBeGreaterThan(last),
    )
    expect(await lit('here')).toEqual(['state:starting.connecting'])
    await page.locator('#now').click()
    await soon(async () => expect(await lit('here')).toEqual(['state:open.settling']))
    await world.call('POST', '/sessions/shop/restart')
    await page.locator('#facts li', { hasText: 'Somebody asked for a restart.' }).nth(1).waitFor()
    await world.waitForState('shop', 'open')
    await soon(async () => expect(await lit('here')).toEqual(['state:open.settling']))
  })

  it('filters the log, and names a fact without leaving its row out', async () => {
    const { page } = tab
    await page.locator('#kinds input[value=lifecycle]').check({ force: true })
    await soon(async () => expect(await page.locator('#facts [data-kind=messages]').count()).toBe(0))
    expect(await page.locator('#facts li').count()).toBeGreaterThan(5)
    const opened = page.locator('#facts li', { hasText: 'Connected to WhatsApp' }).first()
    await opened.locator('summary').click()
    expect(await opened.locator('pre').textContent()).toMatch(
      /"type": "socket.opened"[\s\S]*"waId": "34600000001"/,
    )
    await page.locator('#kinds input[value=all]').check({ force: true })
    await page.locator('#facts [data-kind=messages]').first().waitFor()
  })

  it('shows hostile words as text', async () => {
    const { page } = tab
    const rogue = world.simulator.contact(ROGUE, { name: HOSTILE.script })
    for (const body of [HOSTILE.script, HOSTILE.turned, HOSTILE.long, 'the last of them'])
      await rogue.say(SHOP, body)
    await page.locator('#chat-list [data-open]', { hasText: 'the last of them' }).click()
    await page.locator('#bubbles .words', { hasText: 'window.hit' }).waitFor()
    expect(await page.evaluate('window.hit')).toBeUndefined()
    expect(await page.locator('#chat-title').textContent()).toContain('<script>')
    const long = page.locator('#bubbles .long')
    await soon(async () => expect(await long.count()).toBe(1))
    expect(await long.locator('p').isVisible()).toBe(false)
    await long.locator('summary').click()
    expect(await long.locator('p').textContent()).toContain('the end')
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
  })

  it('shows a thumbnail once, and of a page that is called a picture only its name', async () => {
    const { page } = tab
    const asked: string[] = []
    page.on('request', request => asked.push(request.url()))
    const image = Buffer.from('<html><script>window.hit = 1</script></html>')
    await world.simulator.contact(ROGUE).say(SHOP, { image, mimetype: 'image/jpeg', caption: 'look at me' })
    const bubble = page.locator('#bubbles .bubble', { hasText: 'look at me' })
    await bubble.scrollIntoViewIfNeeded()
    await bubble.locator('.file', { hasText: 'Open the file: Picture' }).waitFor()
    expect(await bubble.locator('img').isVisible()).toBe(false)
    expect(await page.evaluate('window.hit')).toBeUndefined()
    await page.locator('#chat-list [data-open]', { hasText: 'Ana Torres' }).click()
    await page.locator('#bubbles img').waitFor()
    await page.reload()
    await page.locator('#bubbles img').waitFor()
    expect(asked.filter(url => url.includes('/media/'))).toEqual([])
    const sizes = await page.evaluate<number[]>(
      "performance.getEntriesByType('resource').filter(one => one.name.includes('/thumbnails/')).map(one => one.transferSize)",
    )
    expect(sizes).toEqual([0])
    // The browser's own word of the picture that is none.
    expect(tab.complaints.splice(0)).toEqual([expect.stringContaining('404')])
  })

  const arrivedFrom = (words: string) =>
    world.laravel.accepted('/messages', 'shop').filter(({ body }) => String(body).startsWith(words)).length

  it('leaves nothing out when more comes than is read at once', async () => {
    const { page } = tab
    const ben = world.simulator.contact(BEN)
    await page.locator('#chat-list [data-open]', { hasText: 'the blue lamp' }).click()
    await page.locator('#bubbles .bubble', { hasText: 'the blue lamp' }).waitFor()
    await seeing(page, false)
    await Promise.all(Array.from({ length: 70 }, (_, i) => ben.say(SHOP, `of many, ${i}`)))
    await soon(() => expect(arrivedFrom('of many')).toBe(70))
    await seeing(page, true)
    const seqs = async () => {
      const ids = await page.locator('#facts li').evaluateAll(all => all.map(({ id }) => id))
      return ids.map(id => Number(id.slice('fact-'.length)))
    }
    const answer = await world.call('GET', '/sessions/shop/events?limit=1000')
    const { seq: last } = (answer.body as unknown as { events: { seq: number }[] }).events.at(-1)!
    await soon(async () => expect((await seqs())[0]).toBe(last))
    for (let before = 0; await page.locator('#older-facts').isVisible(); ) {
      await page.locator('#older-facts').click()
      await soon(async () => expect((await seqs()).length).toBeGreaterThan(before))
      before = (await seqs()).length
    }
    await soon(async () => {
      const all = await seqs()
      expect(all).toEqual(all.map((_, i) => all[0]! - i))
      expect(all.at(-1)).toBe(1)
    })
  })

  it('leaves no message of a chat out either, and tells no reaction twice', async () => {
    const { page } = tab
    const ben = world.simulator.contact(BEN)
    const bubbles = page.locator('#bubbles .bubble')
    await bubbles.filter({ hasText: 'of many' }).first().waitFor()
    expect(await bubbles.filter({ hasText: 'the blue lamp' }).count()).toBe(0)
    await page.locator('.older-messages').click()
    await bubbles.filter({ hasText: 'the blue lamp' }).waitFor()
    await soon(async () => expect(await bubbles.filter({ hasText: 'of many' }).count()).toBe(70))
    const liked = await ben.say(SHOP, 'to be liked')
    await ben.react(SHOP, liked.id, '👍')
    const reaction = bubbles.filter({ hasText: 'to be liked' }).locator('.reactions')
    await reaction.waitFor()
    // The page that is read holds 40 rows: the reaction, and no more what it is about.
    for (let i = 0; i < 39; i++) await ben.say(SHOP, `after it, ${i}.`)
    await bubbles.filter({ hasText: 'after it, 38.' }).waitFor()
    const seqs = await bubbles.evaluateAll(all => all.map(({ id }) => Number(id.slice('message-'.length))))
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(await bubbles.filter({ hasText: 'to an earlier message' }).count()).toBe(0)
    expect(await reaction.count()).toBe(1)
  })

  it('says in words where the session stands, and restarts it after a question', async () => {
    const { page } = tab
    expect(await page.locator('#standing .state').textContent()).toBe('Connected')
    expect(await page.locator('#link').isVisible()).toBe(false)
    await page.locator('#logout').click()
    const dialog = page.locator('#ask-dialog')
    expect(await dialog.locator('#ask-loss').textContent()).toContain('must scan a new QR')
    await dialog.locator('[data-close]').click()
    await page.locator('#restart').click()
    expect(await dialog.locator('#ask-loss').textContent()).toContain('Nothing is lost')
    await dialog.locator('[type=submit]').click()
    await page.locator('.toasts', { hasText: 'shop is restarted.' }).waitFor()
    await world.waitForState('shop', 'open')
    await soon(async () => expect(await page.locator('#standing .state').textContent()).toBe('Connected'))
  })

  it('links a phone, says why a session is logged out, and deletes what was named', async () => {
    const { page } = await openTab(browser, world.url)
    await world.call('POST', '/start', { user_id: 7, session_id: 'second' })
    await logInTo(page, KEY, '/dashboard/sessions/second')
    await page.locator('#link').click()
    await page.locator('#link-dialog img.qr').waitFor()
    const { qr } = (await world.call('GET', '/sessions/second/qr?format=json')).body
    await world.simulator.phone('34600000077', { name: 'Second' }).scan(String(qr))
    await page.locator('#link-body[data-step=linked]').waitFor()
    await page.locator('#link-dialog [data-close]').click()
    await soon(async () => expect(await page.locator('#standing .state').textContent()).toBe('Connected'))
    await page.locator('#logout').click()
    const dialog = page.locator('#ask-dialog')
    await dialog.locator('[type=submit]').click()
    await soon(async () => expect(await page.locator('#standing .state').textContent()).toBe('Logged out'))
    expect(await page.locator('#standing .why').textContent()).toContain('The session was logged out')
    // What it would refuse is not offered.
    expect(await page.locator('#logout, #restart').filter({ visible: true }).count()).toBe(0)
    expect(await page.locator('#link').isVisible()).toBe(true)
    await page.locator('#delete').click()
    await dialog.locator('#ask-word').fill('first')
    await dialog.locator('[type=submit]').click()
    expect((await world.call('GET', '/sessions/second')).status).toBe(200)
    await dialog.locator('#ask-word').fill('second')
    await dialog.locator('[type=submit]').click()
    await page.locator('.empty', { hasText: 'There is no session of this name.' }).waitFor()
    expect((await world.call('GET', '/sessions/second')).status).toBe(404)
    await page.context().close()
  })

  it('says that its session is gone, also when that was deleted while nobody looked', async () => {
    const { page } = await openTab(browser, world.url)
    await world.call('POST', '/start', { user_id: 7, session_id: 'short-lived' })
    await logInTo(page, KEY, '/dashboard/sessions/short-lived')
    await seeing(page, false)
    await world.call('DELETE', '/sessions/short-lived')
    await soon(async () => expect((await world.call('GET', '/sessions/short-lived')).status).toBe(404))
    await seeing(page, true)
    await page.locator('.empty', { hasText: 'There is no session of this name.' }).waitFor()
    await page.context().close()
  })

  it('shows the new session when one is made under the name of its own', async () => {
    const { page } = await openTab(browser, world.url)
    const start = () => world.call('POST', '/start', { user_id: 7, session_id: 'twice' })
    const length = async () => {
      const { body } = await world.call('GET', '/sessions/twice/events?limit=1000')
      return (body as unknown as { events: unknown[] }).events.length
    }
    await start()
    await logInTo(page, KEY, '/dashboard/sessions/twice')
    await page.evaluate("document.body.dataset.of = 'the first one'")
    await seeing(page, false)
    const before = await length()
    await world.call('DELETE', '/sessions/twice')
    await soon(async () => expect((await world.call('GET', '/sessions/twice')).status).toBe(404))
    await start()
    // Longer than the first one: its stream goes on as if nothing had been.
    while ((await length()) <= before + 5) await world.call('POST', '/sessions/twice/restart')
    await seeing(page, true)
    await page.locator('body:not([data-of])').waitFor()
    await page.context().close()
  })

  it('is quiet, and its stream is one', async () => {
    expectQuiet(tab)
    const streams = await tab.page.evaluate(
      "performance.getEntriesByType('resource').filter(one => /\\/events\\?/.test(one.name)).length",
    )
    // That of before nobody looked has ended.
    expect(streams).toBeLessThanOrEqual(2)
    await tab.page.context().close()
  })
})
