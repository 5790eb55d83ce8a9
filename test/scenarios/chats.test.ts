import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const EVA = '34600000003'
const NOBODY = '34699999999'

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 25 })

const world = new World({ LARAVEL_MESSAGE_STATUS: 'true', MARK_READ: 'true' })
beforeAll(async () => {
  await world.start()
  await world.link('shop', SHOP)
})
afterAll(() => world.end())

const statuses = (id: unknown) =>
  world.laravel
    .accepted('/messages/status')
    .filter(({ message_id }) => message_id === id)
    .map(({ status }) => status)
const read = (number: string) =>
  world.simulator
    .contact(number)
    .receipts.filter(({ type }) => type === 'read')
    .map(({ id }) => id)
const delivered = (body: string) =>
  world.laravel.seen(request => request.path === '/messages' && request.body.body === body)

describe('what becomes of a send', () => {
  it('is told to Laravel step by step, each step once', async () => {
    const ana = world.simulator.contact(ANA)
    const { body } = await world.send('shop', ANA, 'hello')
    const received = await ana.next()
    await soon(() => expect(statuses(body.message_id)).toEqual(['sent', 'delivered']))
    ana.read(received.id)
    await soon(() => expect(statuses(body.message_id)).toEqual(['sent', 'delivered', 'read']))
    const posts = world.laravel.received.filter(({ path }) => path === '/messages/status')
    expect(posts[0]!.body).toEqual({
      session_id: 'shop',
      user_id: 1,
      seq: expect.any(Number),
      message_id: body.message_id,
      client_ref: null,
      status: 'sent',
      error: null,
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      metadata: null,
    })
    const ids = posts.map(({ headers }) => String(headers['webhook-id']))
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}\.\d+\.receipt$/)
  })

  it('is not held up by a message that Laravel does not take', async () => {
    world.laravel.misbehaviour = { status: 422 }
    await world.simulator.contact(ANA).say(SHOP, 'refused')
    await delivered('refused')
    world.laravel.misbehaviour = null
    const { body } = await world.send('shop', ANA, 'after')
    await soon(() => expect(statuses(body.message_id)).toContain('delivered'))
    // It is tried again after 5 s.
    await soon(() => expect(world.laravel.accepted('/messages').map(({ body }) => body)).toContain('refused'))
    const accepted = world.laravel.received.filter(({ status }) => status === 200)
    const sent = accepted.findIndex(({ body: { message_id } }) => message_id === body.message_id)
    expect(sent).toBeLessThan(accepted.findIndex(({ body }) => body.body === 'refused'))
  })
})

describe('MARK_READ', () => {
  it('marks a message as read once Laravel accepted it, not before', async () => {
    const eva = world.simulator.contact(EVA)
    world.laravel.misbehaviour = { status: 503 }
    const { id } = await eva.say(SHOP, 'one')
    await delivered('one')
    await soon(() => expect(eva.receipts.map(({ type }) => type)).not.toEqual([]))
    expect(read(EVA)).toEqual([])
    world.laravel.misbehaviour = null
    await soon(() => expect(read(EVA)).toEqual([id]))
    expect(world.laravel.accepted('/messages').map(({ body }) => body)).toContain('one')
  }, 60_000)

  it('names the author in a group', async () => {
    const group = world.simulator.group('Friends', [SHOP, ANA, EVA])
    const { id } = await world.simulator.contact(ANA).say(group.jid, 'to all')
    await delivered('to all')
    await soon(() => expect(read(ANA)).toContain(id))
  })
})

describe('an open session', () => {
  it('knows who is on WhatsApp', async () => {
    const { body } = await world.call('GET', `/sessions/shop/numbers/+${ANA}`)
    expect(body).toEqual({
      success: true,
      phone: ANA,
      exists: true,
      jid: `${ANA}@s.whatsapp.net`,
      lid: expect.stringMatching(/^\d+@lid$/),
    })
    const nobody = await world.call('GET', `/sessions/shop/numbers/${NOBODY}`)
    expect(nobody).toMatchObject({ status: 200, body: { exists: false, jid: null, lid: null } })
  })

  it.each(['available', 'unavailable'])('is %s for everybody', async presence => {
    const answer = await world.call('POST', '/sessions/shop/presence', { presence })
    expect(answer).toMatchObject({ status: 200, body: { success: true } })
    const { presences } = world.simulator.contact(ANA)
    await soon(() => expect(presences.at(-1)).toMatchObject({ from: SHOP, state: presence, group: null }))
    const { available } = world.simulator.ledger
    expect(available.splice(0)).toMatchObject(presence === 'available' ? [{ by: 'type' }] : [])
  })

  it.each(['composing', 'recording', 'paused'])('is %s in one chat', async presence => {
    const before = world.simulator.contact(EVA).presences.length
    await world.call('POST', '/sessions/shop/presence', { presence, chat_id: ANA })
    const { presences } = world.simulator.contact(ANA)
    await soon(() => expect(presences.at(-1)).toMatchObject({ from: SHOP, state: presence }))
    expect(world.simulator.contact(EVA).presences).toHaveLength(before)
    expect(world.simulator.phone(SHOP).devices[0]?.presence).toBe('unavailable')
    expect(world.simulator.ledger.wrong).toEqual([])
  })

  it('refuses to mark what it never received', async () => {
    const answer = await world.call('POST', '/sessions/shop/read', { message_ids: ['NEVER'] })
    expect(answer).toMatchObject({ status: 404, body: { error: 'MESSAGE_NOT_FOUND' } })
  })
})

it('without MARK_READ a message is marked only on request, and not by a closed session', async () => {
  await world.stopManager('SIGTERM')
  await world.startManager({ MARK_READ: 'false', LARAVEL_MESSAGE_STATUS: 'false' })
  await world.waitForState('shop', 'open')
  const before = read(EVA).length
  const ids: string[] = []
  for (const text of ['two', 'three']) {
    const { id } = await world.simulator.contact(EVA).say(SHOP, text)
    ids.push(id)
    await delivered(text)
  }
  expect(read(EVA)).toHaveLength(before)
  const answer = await world.call('POST', '/sessions/shop/read', { message_ids: ids })
  expect(answer).toMatchObject({ status: 200, body: { success: true } })
  await soon(() => expect(read(EVA).slice(before)).toEqual(ids))
  const told = world.laravel.accepted('/messages/status').length
  await world.send('shop', EVA, 'quietly')
  await world.simulator.contact(EVA).next()
  expect(world.laravel.accepted('/messages/status')).toHaveLength(told)

  await world.call('POST', '/sessions/shop/logout')
  await world.waitForState('shop', 'loggedOut')
  for (const [method, path, body] of [
    ['GET', 'numbers/34600000002', undefined],
    ['POST', 'read', { message_ids: ids }],
    ['POST', 'presence', { presence: 'available' }],
  ] as const) {
    const refused = await world.call(method, `/sessions/shop/${path}`, body)
    expect(refused, path).toMatchObject({ status: 409, body: { error: 'SESSION_NOT_CONNECTED' } })
  }
})
