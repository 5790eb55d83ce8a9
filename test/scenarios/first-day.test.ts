import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

describe('a shop links its number and talks', () => {
  const world = new World()
  beforeAll(() => world.start())
  afterAll(() => world.end())

  it('answers /start before Laravel is asked anything, and while Laravel answers nothing', async () => {
    world.laravel.misbehaviour = 'silent'
    const { status, body } = await world.call('POST', '/start', { user_id: 7, session_id: 'shop' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, session_id: 'shop', state: 'starting' })
    expect(world.laravel.received).toEqual([])
    world.laravel.misbehaviour = null
  })

  it('publishes one QR and opens after the scan', async () => {
    await world.link('shop', '34600000001', 7)
    await vi.waitFor(() => expect(world.laravel.accepted('/whatsapp/status').length).toBe(2))
    expect(world.laravel.accepted('/whatsapp/status').map(body => body.estado_qr)).toEqual([
      'pending',
      'active',
    ])
    expect(world.laravel.accepted('/qr')).toHaveLength(1)
    expect(await world.session('shop')).toMatchObject({
      state: 'open',
      wa_id: '34600000001',
      estado_qr: 'active',
      user_id: 7,
    })
  })

  it('delivers a text of a contact once, whichever way it is addressed', async () => {
    const ana = world.simulator.contact('34600000002', { name: 'Ana' })
    const first = await ana.say('34600000001', 'hola')
    await world.laravel.seen(({ body }) => body.message_id === first.id)
    const second = await ana.say('34600000001', 'soy Ana', { addressing: 'lid' })
    await vi.waitFor(() => expect(world.laravel.accepted('/messages')).toHaveLength(2), { timeout: 10_000 })
    const [one, two] = world.laravel.accepted('/messages')
    expect(one).toMatchObject({
      session_id: 'shop',
      message_id: first.id,
      from: '34600000002',
      from_me: false,
      chat_id: ana.account.lidJid,
      is_group: false,
      subject: null,
      push_name: 'Ana',
      type: 'text',
      body: 'hola',
      offline: false,
    })
    expect(two).toMatchObject({ message_id: second.id, body: 'soy Ana', from: '34600000002' })
    expect(two?.chat_id).toBe(one?.chat_id)
  })

  it('sends a text that the contact decrypts under the id of the answer, after the ack', async () => {
    const ana = world.simulator.contact('34600000002')
    const { status, body } = await world.send('shop', '+34600000002', 'buenos días')
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, status: 'sent' })
    await vi.waitFor(() => expect(ana.inbox).toHaveLength(1))
    expect(ana.inbox[0]).toMatchObject({ id: body.message_id, text: 'buenos días' })
    ana.read(String(body.message_id))
    await vi.waitFor(async () => {
      const message = await world.call('GET', `/sessions/shop/messages/${body.message_id}`)
      expect(message.body).toMatchObject({ status: 'read' })
    })
  })

  it('answers to a chat_id as it was delivered', async () => {
    const chatId = String(world.laravel.accepted('/messages')[1]?.chat_id)
    const { status } = await world.send('shop', chatId, 'a tu lid')
    expect(status).toBe(200)
    const ana = world.simulator.contact('34600000002')
    await vi.waitFor(() => expect(ana.inbox.map(({ text }) => text)).toContain('a tu lid'))
  })

  it('comes back from a cut connection without a QR', async () => {
    const before = world.simulator.counters.qrRefs
    await world.simulator.fault({ kind: 'reset' })
    await world.waitForState('shop', 'reconnecting', 'starting')
    await world.waitForState('shop', 'open')
    expect(world.simulator.counters.qrRefs).toBe(before)
  })

  it('shows its whole history, and itself as it was', async () => {
    const { body } = await world.call('GET', '/sessions/shop/events?limit=1000')
    const events = (body as unknown as { events: { seq: number; type: string }[] }).events
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1))
    expect(events[0]?.type).toBe('session.created')
    expect(events.map(({ type }) => type)).toContain('message.received')
    const paired = events.find(({ type }) => type === 'socket.paired')
    const then = await world.call('GET', `/sessions/shop/at/${paired?.seq}`)
    expect(JSON.stringify(then.body)).toContain('awaitingQr')
  })

  it('unlinks on DELETE, erases, and tells Laravel', async () => {
    const { status } = await world.call('DELETE', '/sessions/shop')
    expect(status).toBe(200)
    expect(world.simulator.phone('34600000001').devices).toEqual([])
    expect((await world.call('GET', '/sessions/shop')).status).toBe(404)
    await vi.waitFor(() =>
      expect(
        world.laravel
          .accepted('/whatsapp/status')
          .map(body => body.estado_qr)
          .at(-1),
      ).toBe('inactive'),
    )
    expect((await world.storeBytes()).includes('buenos días')).toBe(false)
  })

  it('left no stanza of Baileys without an answer', () => {
    expect(world.simulator.ledger.unanswered).toEqual([])
  })
})
