import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const EVA = '34600000003'
const LEO = '34600000004'

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 25 })

describe('LARAVEL_EVENTS', () => {
  const world = new World({ LARAVEL_EVENTS: 'call,group,contact' })
  let group = ''
  beforeAll(async () => {
    await world.start()
    await world.link('shop', SHOP)
    group = world.simulator.group('Team', [ANA, SHOP, EVA]).jid
  })
  afterAll(async () => {
    const { wrong, unanswered } = world.simulator.ledger
    expect([...wrong.filter(({ tag }) => tag !== 'clean'), ...unanswered]).toEqual([])
    await world.end()
  })

  const posted = () => world.laravel.accepted('/whatsapp/events')
  /** A process that was killed may deliver something again, under the same id. */
  const told = () => [...new Map(posted().map(event => [event.event_id, event])).values()]
  const kept = () => world.simulator.phone(SHOP).devices[0]!.pending
  const lidOf = (pn: string) => world.simulator.contact(pn).account.lidJid

  it('tells of a call as it rings and as it ends', async () => {
    const call = world.simulator.contact(ANA).call(SHOP, { video: true })
    await soon(() => expect(told()).toHaveLength(1))
    call.end('accepted_elsewhere')
    await soon(() => expect(told()).toHaveLength(2))
    const [first] = world.laravel.received.filter(({ path }) => path === '/whatsapp/events')
    const { event_id, at, ...body } = first!.body
    expect(first!.headers['webhook-id']).toBe(event_id)
    expect(event_id).toMatch(/^[0-9a-f-]{36}\.\d+\.events$/)
    expect(at).toMatch(/^\d{4}-.*Z$/)
    expect(body).toEqual({
      ...{ session_id: 'shop', user_id: 1, seq: expect.any(Number), metadata: null },
      type: 'call',
      call_id: call.id,
      from: ANA,
      from_lid: lidOf(ANA),
      is_video: true,
      is_group: false,
      status: 'ringing',
    })
    expect(told()[1]).toMatchObject({ call_id: call.id, is_video: true, status: 'answered_elsewhere' })
    const { body: log } = await world.call('GET', '/sessions/shop/events?after=0&limit=1000')
    const calls = (log.events as unknown as { type: string; data: object }[]).filter(
      ({ type }) => type === 'call.changed',
    )
    expect(calls.map(({ data }) => data)).toEqual([
      { call_id: call.id, status: 'ringing' },
      { call_id: call.id, status: 'answered_elsewhere' },
    ])
  })

  it('tells of groups and contacts in the order in which it happened, also after an outage', async () => {
    const before = told().length
    world.laravel.misbehaviour = { status: 503 }
    world.simulator.changeGroup(group, [{ add: [LEO] }, { subject: 'Crew' }], { author: ANA })
    world.simulator.changeGroup(group, [{ remove: [EVA] }], { author: EVA })
    world.simulator.contact(EVA).changePicture(SHOP)
    world.simulator.contact(EVA).tellNumberChange(SHOP, '34600000009')
    await soon(() => expect(kept()).toBe(0))
    // WhatsApp has forgotten them, Laravel has not had one.
    await world.stopManager('SIGKILL')
    world.laravel.misbehaviour = null
    await world.startManager()
    await soon(() => expect(told()).toHaveLength(before + 5))
    expect(
      told()
        .slice(before)
        .map(({ type, action, change }) => action ?? change ?? type),
    ).toEqual(['add', 'subject', 'leave', 'picture', 'number'])
    expect(told().slice(before)[0]).toEqual({
      ...{ session_id: 'shop', user_id: 1, seq: expect.any(Number), metadata: null },
      event_id: expect.any(String),
      at: expect.any(String),
      type: 'group',
      jid: group,
      action: 'add',
      author: lidOf(ANA),
      author_phone: ANA,
      participants: [{ jid: lidOf(LEO), phone: LEO }],
      subject: null,
      setting: null,
    })
  }, 60_000)

  it('tells once what WhatsApp tells again, because the process was killed before its acknowledgement arrived', async () => {
    await world.waitForState('shop', 'open')
    const before = told().length
    await world.simulator.fault({ kind: 'deaf' })
    world.simulator.changeGroup(group, [{ promote: [LEO] }, { setting: 'locked' }], { author: ANA })
    await soon(() => expect(told()).toHaveLength(before + 2))
    await world.stopManager('SIGKILL')
    expect(kept()).toBe(1)
    await world.startManager()
    await soon(() => expect(kept()).toBe(0))
    world.simulator.changeGroup(group, [{ setting: 'unlocked' }], { author: ANA })
    await soon(() => expect(told().length).toBeGreaterThan(before + 2))
    expect(
      told()
        .slice(before)
        .map(({ action, setting }) => (setting as { name: string } | null)?.name ?? action),
    ).toEqual(['promote', 'locked', 'unlocked'])
  }, 60_000)

  it('tells of somebody who writes under another name than before', async () => {
    const said = (name: string) => world.simulator.contact(LEO, { name }).say(SHOP, name)
    for (const name of ['Leo', 'Leo', 'Leonardo']) await said(name)
    await soon(() => expect(told().at(-1)).toMatchObject({ change: 'name', name: 'Leonardo', phone: LEO }))
    expect(told().filter(({ change }) => change === 'name')).toHaveLength(1)
  })

  it('delivers again what is asked for again, under the same ids', async () => {
    const ids = told().map(({ event_id }) => event_id)
    const before = posted().length
    await world.call('POST', '/sessions/shop/replay', { after: 0 })
    await soon(() =>
      expect(
        posted()
          .slice(before)
          .map(({ event_id }) => event_id),
      ).toEqual(ids),
    )
  })

  it('lets an event that Laravel does not take wait, and no message with it', async () => {
    world.laravel.misbehaviour = { status: 422 }
    const tried = world.laravel.received.length
    const call = world.simulator.contact(ANA).call(SHOP)
    await soon(() => expect(world.laravel.received.length).toBeGreaterThan(tried))
    world.laravel.misbehaviour = null
    await world.simulator.contact(ANA).say(SHOP, 'hello')
    await soon(() => expect(world.laravel.accepted('/messages').map(({ body }) => body)).toContain('hello'))
    await soon(() => expect(told().at(-1)).toMatchObject({ call_id: call.id, status: 'ringing' }))
  }, 60_000)
})

describe('Without LARAVEL_EVENTS', () => {
  const world = new World({ REJECT_CALLS: 'true' })
  beforeAll(async () => {
    await world.start()
    await world.link('shop', SHOP)
  })
  afterAll(() => world.end())

  it('nothing is told or kept, and REJECT_CALLS refuses calls', async () => {
    const call = world.simulator.contact(ANA).call(SHOP)
    const { jid } = world.simulator.group('Team', [ANA, SHOP])
    world.simulator.changeGroup(jid, [{ subject: 'Crew' }], { author: ANA })
    await soon(() => expect(call.state).toBe('rejected'))
    await soon(() => expect(world.simulator.phone(SHOP).devices[0]!.pending).toBe(0))
    const { body } = await world.call('GET', '/sessions/shop/events?after=0&limit=1000')
    const types = (body.events as unknown as { type: string }[]).map(({ type }) => type)
    expect(types.filter(type => /^(call|group|contact)\./.test(type))).toEqual([])
    expect(world.laravel.accepted('/whatsapp/events')).toEqual([])
  })
})
