import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PasskeyDemand } from '../../simulator/accounts/passkey.ts'
import { World } from './world.ts'

const SHOP = '34600000001'
const WEB = 'https://web.whatsapp.com'
const EVENTS = { LARAVEL_EVENTS: 'passkey' }

let world: World
afterEach(async () => {
  await world.end()
  expect(world.simulator.ledger.unanswered).toEqual([])
})

const phone = () => world.simulator.phone(SHOP, { name: 'Shop' })
const events = () => world.laravel.accepted('/whatsapp/events')
const told = (state: string) =>
  vi.waitFor(
    () => {
      const event = events().findLast(one => one.state === state)
      if (!event) throw new Error(`no ${state} among ${JSON.stringify(events())}`)
      return event
    },
    { timeout: 20_000, interval: 20 },
  )
interface Demand {
  state: string
  options: { challenge: string }
  code: string | null
  page_url: string
  expires_at: string
}
const passkey = async () => (await world.call('GET', '/sessions/shop/passkey')).body as unknown as Demand

/** A session whose QR was scanned by a phone that demands a passkey. */
async function demanded(demand: Partial<PasskeyDemand> = {}) {
  world = await new World({ ...EVENTS, QR_THROTTLE_MS: '100' }).start()
  phone().demandPasskey(demand)
  await world.call('POST', '/start', { user_id: 1, session_id: 'shop' })
  await scan()
}

/** The phone scans the newest QR that Laravel has. */
async function scan(count = 1) {
  await vi.waitFor(() => expect(world.laravel.accepted('/qr').length).toBeGreaterThanOrEqual(count), {
    timeout: 20_000,
  })
  phone()
    .scan(String(world.laravel.accepted('/qr').at(-1)!.qr))
    .catch(() => {})
}

const submit = async (options: { challenge: string }) =>
  world.call('POST', '/sessions/shop/passkey', { assertion: phone().assertPasskey(options) })

describe('a passkey from the scan to the first message', () => {
  it('goes over the page of the owner, needs no code soon after the scan, and leaves nothing behind', async () => {
    await demanded()
    const required = await told('required')
    expect(required).toMatchObject({ type: 'passkey', session_id: 'shop', code: null, reason: null })
    expect(await world.session('shop')).toMatchObject({
      ...{ state: 'awaitingQr', detail: 'passkey.required', estado_qr: 'pending', qr: null },
    })
    expect((await world.call('GET', '/sessions/shop/qr?format=json')).status).toBe(404)
    const { options, page_url, expires_at } = await passkey()
    expect(required.expires_at).toBe(new Date(Date.parse(String(required.expires_at))).toISOString())
    expect(Math.abs(Date.parse(expires_at) - Date.now() - 600_000)).toBeLessThan(20_000)

    const page = async (init: RequestInit = {}) => {
      const answer = await fetch(page_url, {
        ...init,
        headers: { origin: WEB, 'content-type': 'application/json' },
      })
      return { answer, body: (await answer.json()) as { options: { challenge: string } } }
    }
    const { body } = await page()
    expect(body.options).toEqual(options)
    const assertion = phone().assertPasskey(body.options)
    expect((await page({ method: 'POST', body: JSON.stringify({ assertion }) })).answer.status).toBe(200)
    await world.waitForState('shop', 'open')
    expect((await page()).answer.status).toBe(404)
    expect(events().map(({ state }) => state)).toEqual(['required'])
    expect((await world.call('GET', '/sessions/shop/passkey')).body).toMatchObject({
      error: 'PASSKEY_NOT_ASKED',
    })

    await world.simulator.contact('34600000002').say(SHOP, 'welcome')
    await world.laravel.seen(({ path, body: sent }) => path === '/messages' && sent.body === 'welcome')
    expect((await world.send('shop', '34600000002', 'thanks')).status).toBe(200)
    const secrets = [options.challenge, page_url.split('/').at(-1)!, assertion.response.signature]
    await world.stopManager('SIGTERM')
    for (const secret of secrets) {
      expect(world.output).not.toContain(secret)
      expect((await world.storeBytes()).includes(secret)).toBe(false)
    }
  })

  it('needs the code with a second assertion: the same on both sides, confirmed on both, and kept nowhere', async () => {
    await demanded({ code: 'awaited', continues: false })
    await told('required')
    const { options } = await passkey()
    expect((await submit(options)).body).toMatchObject({ success: true, state: 'submitting', code: null })
    await vi.waitFor(() => expect(phone().passkey.progress.stage).toBe('prologue'))
    // The proof went with the first, which the phone never answered.
    phone().account.passkey!.continues = true
    await submit(options)
    const event = await told('confirm')
    const { code } = phone().passkey.progress
    expect([event.code, (await passkey()).code]).toEqual([code, code])
    expect((await world.session('shop')).detail).toBe('passkey.confirm')
    const confirmed = await world.call('POST', '/sessions/shop/passkey/confirm')
    expect(confirmed.body).toMatchObject({ success: true, state: 'finishing' })
    phone().passkey.answerCode(true)
    await world.waitForState('shop', 'open')
    expect((await world.call('POST', '/sessions/shop/passkey/confirm')).status).toBe(404)
    await world.stopManager('SIGTERM')
    expect((await world.storeBytes()).includes(String(code))).toBe(false)
    expect(world.output).not.toContain(String(code))
  })

  it('is refused for another page or another demand without losing anything, and must be confirmed in its time', async () => {
    await demanded()
    await told('required')
    const { options } = await passkey()
    for (const made of [
      phone().assertPasskey(options, 'https://example.org'),
      phone().assertPasskey({ challenge: 'AAAA' }),
    ]) {
      const refused = await world.call('POST', '/sessions/shop/passkey', { assertion: made })
      expect(refused).toMatchObject({ status: 422, body: { error: 'VALIDATION_FAILED' } })
    }
    const early = await world.call('POST', '/sessions/shop/passkey/confirm')
    expect(early).toMatchObject({ status: 409, body: { error: 'STATE_FORBIDS' } })
    expect((await passkey()).state).toBe('required')
    await submit(options)
    await world.waitForState('shop', 'open')
  })
})

describe('a passkey of which nothing comes', () => {
  it.each<[string, Partial<PasskeyDemand>, RegExp]>([
    ['its options are refused', { told: 'absent', answered: 'absent' }, /500/],
    ['its options cannot be read', { told: 'oversized', answered: 'unreadable' }, /cannot be read/],
    ['WhatsApp refuses the reference', { refused: ['ref'] }, /the reference: 500/],
    ['WhatsApp refuses the assertion', { refused: ['passkey_prologue'] }, /the assertion: 500/],
    ['WhatsApp refuses the nonce', { refused: ['companion_nonce'] }, /the nonce: 500/],
    ['WhatsApp refuses the keys', { refused: ['encrypted_pairing_request'] }, /the keys: 500/],
  ])('because %s: Laravel hears why and has the next QR, which links', async (_, demand, why) => {
    await demanded(demand)
    if (demand.refused) {
      await told('required')
      await submit((await passkey()).options)
    }
    const failed = await told('failed')
    expect(failed.reason_text).toMatch(why)
    phone().demandPasskey(null)
    await scan(2)
    await world.waitForState('shop', 'open')
    expect((await world.session('shop')).reason).toBeNull()
  })

  it('because it is cancelled, also when the phone says nothing any more', async () => {
    await demanded({ continues: false })
    await told('required')
    await submit((await passkey()).options)
    await vi.waitFor(() => expect(phone().passkey.progress.stage).toBe('prologue'))
    const cancelled = await world.call('DELETE', '/sessions/shop/passkey')
    expect(cancelled.body).toMatchObject({ success: true, state: 'cancelled' })
    expect(await told('failed')).toMatchObject({ reason: 'passkey_cancelled' })
    phone().demandPasskey(null)
    await scan(2)
    await world.waitForState('shop', 'open')
  })

  it('because the process dies: it begins again with a QR, and the old link of the page is void', async () => {
    await demanded()
    await told('required')
    const { page_url } = await passkey()
    await world.stopManager('SIGKILL')
    await world.startManager()
    const failed = await told('failed')
    expect([failed.reason, failed.reason_text]).toEqual([
      'passkey_interrupted',
      expect.stringMatching(/began anew/),
    ])
    expect((await fetch(`${world.url}${new URL(page_url).pathname}`)).status).toBe(404)
    phone().demandPasskey(null)
    await scan(2)
    await world.waitForState('shop', 'open')
  })
})
