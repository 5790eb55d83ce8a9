import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const NOBODY = '34699999999'
const metadata = { tenant: 'acme', plan: 3 }
const own = { client_ref: 'order-7', metadata: { order: 7 } }

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 25 })

describe('what Laravel gets of a session', () => {
  const world = new World({ LARAVEL_EVENTS: 'call', LARAVEL_MESSAGE_STATUS: 'true' })
  beforeAll(async () => {
    await world.start()
    await world.link('shop', SHOP, 'u-7', metadata)
  }, 30_000)
  afterAll(() => world.end())

  const posted = (path: string) => world.laravel.received.filter(one => one.path === path)
  const delivered = () => world.laravel.received.filter(({ method }) => method === 'POST')
  const send = (more: object) =>
    world.call('POST', '/send-message', { session_id: 'shop', wa_id: ANA, type: 'text', body: 'hi', ...more })
  const factAt = async (seq: unknown) => {
    const { body } = await world.call('GET', `/sessions/shop/events?after=${Number(seq) - 1}&limit=1`)
    return (body.events as unknown as { seq: number; type: string; data: Record<string, unknown> }[])[0]!
  }

  it('says of all of it whose it is, where it stands in the log, and what /start had', async () => {
    const { id } = await world.simulator.contact(ANA).say(SHOP, 'hello')
    world.simulator.contact(ANA).call(SHOP)
    await soon(() => expect(posted('/messages')).toHaveLength(1))
    await soon(() => expect(posted('/whatsapp/events')).toHaveLength(1))
    await soon(() => expect(world.laravel.accepted('/whatsapp/status').at(-1)?.estado_qr).toBe('active'))
    for (const { path, body } of delivered())
      expect([path, body]).toEqual([path, expect.objectContaining({ user_id: 'u-7', metadata })])
    const [qr] = world.laravel.accepted('/qr')
    expect(await factAt(qr!.seq)).toMatchObject({ seq: qr!.seq, type: 'socket.qr' })
    const [message] = world.laravel.accepted('/messages')
    expect(await factAt(message!.seq)).toMatchObject({ type: 'message.received', data: { message_id: id } })
    const active = world.laravel.accepted('/whatsapp/status').at(-1)!
    expect((await factAt(active.seq)).type).toBe('socket.opened')
    expect((await factAt(world.laravel.accepted('/whatsapp/events')[0]!.seq)).type).toBe('call.changed')
  })

  it("names a send by its caller's own name, which its caller knows before WhatsApp's id", async () => {
    const { body } = await send(own)
    expect(body).toMatchObject({ success: true, client_ref: own.client_ref })
    const statuses = () =>
      world.laravel.accepted('/messages/status').filter(({ client_ref }) => client_ref === own.client_ref)
    await soon(() => expect(statuses().map(({ status }) => status)).toEqual(['sent', 'delivered']))
    for (const status of statuses()) {
      expect(status).toMatchObject({ message_id: body.message_id, user_id: 'u-7', ...own })
      expect(await factAt(status.seq)).toMatchObject({ type: `message.${status.status}` })
    }
    const { body: shown } = await world.call('GET', `/sessions/shop/messages/${body.message_id}`)
    expect(shown).toMatchObject(own)
    const { body: chat } = await world.call('GET', `/sessions/shop/chats/${ANA}/messages`)
    expect(chat.messages as unknown).toMatchObject([
      { user_id: 'u-7', ...own },
      { user_id: 'u-7', client_ref: null, metadata },
    ])
  })

  it('says so of a send that failed, too', async () => {
    const { status } = await send({ wa_id: NOBODY, client_ref: 'order-8' })
    expect(status).toBe(422)
    await soon(() =>
      expect(world.laravel.accepted('/messages/status').at(-1)).toMatchObject({
        ...{ client_ref: 'order-8', metadata: null, status: 'failed' },
      }),
    )
  })

  it('says it after a kill -9, and as GET /deliveries shows it', async () => {
    world.laravel.misbehaviour = { status: 500 }
    const { id } = await world.simulator.contact(ANA).say(SHOP, 'while away')
    const waiting = () => posted('/messages').filter(({ body }) => body.message_id === id)
    await soon(() => expect(waiting().length).toBeGreaterThan(0))
    await world.stopManager('SIGKILL')
    await world.startManager()
    const { body: list } = await world.call('GET', '/deliveries?session_id=shop')
    const [one] = (list.deliveries as unknown as { id: number; message_id: string }[]).filter(
      ({ message_id }) => message_id === id,
    )
    const { body: shown } = await world.call('GET', `/deliveries/${one!.id}`)
    expect((shown.delivery as unknown as { payload: object }).payload).toEqual(waiting()[0]!.body)
    world.laravel.misbehaviour = null
    await world.call('POST', '/deliveries/retry', {})
    await soon(() => expect(waiting().at(-1)!.status).toBe(200))
    expect(waiting().at(-1)!.body).toEqual(waiting()[0]!.body)
    expect(waiting()[0]!.body).toMatchObject({ user_id: 'u-7', metadata })
  }, 60_000)

  it('says it again in a replay, under the same ids', async () => {
    /** By id: what was on its way when the process was killed came twice. */
    const told = (all: ReturnType<typeof delivered>) =>
      Object.fromEntries(all.map(({ headers, body }) => [headers['webhook-id'], body]))
    const first = told([...posted('/messages'), ...posted('/whatsapp/events')])
    // What Laravel took is noted a moment later; until then it waits, and is not put in line twice.
    await soon(async () => expect((await world.call('GET', '/deliveries')).body.count).toBe(0))
    const before = delivered().length
    await world.call('POST', '/sessions/shop/replay', { after: 0 })
    await soon(() => expect(told(delivered().slice(before))).toEqual(first))
  })

  it('takes what a later /start has, from then on', async () => {
    await world.call('POST', '/start', { user_id: 'u-7', session_id: 'shop', metadata: { tenant: 'other' } })
    expect((await world.session('shop')).metadata).toEqual({ tenant: 'other' })
    const { id } = await world.simulator.contact(ANA).say(SHOP, 'later')
    const { body } = await world.laravel.seen(one => one.path === '/messages' && one.body.message_id === id)
    expect(body).toMatchObject({ user_id: 'u-7', metadata: { tenant: 'other' } })
  })

  it('says it with the last status of a session that is deleted, and nothing of it is left then', async () => {
    expect((await world.storeBytes()).includes('tenant')).toBe(true)
    await world.waitForState('shop', 'open')
    await world.call('DELETE', '/sessions/shop')
    await soon(() =>
      expect(world.laravel.accepted('/whatsapp/status').at(-1)).toMatchObject({
        ...{ estado_qr: 'inactive', user_id: 'u-7', metadata: { tenant: 'other' } },
      }),
    )
    expect((await world.call('GET', '/sessions/shop')).status).toBe(404)
    await soon(async () => expect((await world.storeBytes()).includes('tenant')).toBe(false))
  }, 30_000)
})
