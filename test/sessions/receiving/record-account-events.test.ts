import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AccountHappening } from '../../../src/ports/whatsapp.ts'
import { World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
  await world.linked()
})
afterEach(() => world.end())

const streamId = () => world.entry().actor.streamId
const lane = () => `${streamId()}|events`
const happened = (...happenings: AccountHappening[]) =>
  world.whatsapp.socketOf('s1').owner.happened(happenings)

const call = (id: string, status: 'ringing' | 'missed' = 'ringing'): AccountHappening => ({
  key: `call|${id}|${status}`,
  event: {
    type: 'call',
    call_id: id,
    from: '34611111111',
    from_lid: '1@lid',
    is_video: false,
    is_group: false,
    status,
  },
  happenedAt: 1_000,
})
const renamed = (key: string, subject: string): AccountHappening => ({
  key,
  event: {
    type: 'group',
    jid: '1@g.us',
    action: 'subject',
    author: '1@lid',
    author_phone: null,
    participants: [],
    subject,
    setting: null,
  },
  happenedAt: 2_000,
})
const facts = () =>
  world
    .rows()
    .filter(({ type }) => /^(call|group|contact)\./.test(type))
    .map(({ type, data }) => ({ type, ...data }))
async function drain() {
  const taken: string[] = []
  for (let head = world.stored.deliveries.head(lane()); head; head = world.stored.deliveries.head(lane())) {
    taken.push(`${head.webhookId} ${head.payload.status ?? head.payload.subject}`)
    await world.store.deliveries.settle(head.id, { done: true })
  }
  return taken
}

describe('What happened to an account', () => {
  it('is a fact without contents, a row and a delivery in a lane of its own, in one commit', async () => {
    const before = world.disk.committed.length
    await happened(call('C1'), renamed('k', 'Secret plans'))
    expect(world.disk.committed.length - before).toBe(1)
    expect(facts()).toEqual([
      { type: 'call.changed', callId: 'C1', status: 'ringing' },
      { type: 'group.changed', jid: '1@g.us', action: 'subject' },
    ])
    const head = world.stored.deliveries.head(lane())!
    const seq = world.rows().length - 1
    expect(head).toMatchObject({
      webhookId: `${streamId()}.${seq}.events`,
      kind: 'events',
      seq,
      at: world.clock.now(),
    })
    expect(head.payload).toEqual({
      session_id: 's1',
      user_id: 7,
      metadata: null,
      event_id: head.webhookId,
      at: '1970-01-01T00:00:01.000Z',
      ...call('C1').event,
    })
    expect(world.wokenLanes.at(-1)).toBe(lane())
  })

  it('is told once, however often and however fast WhatsApp tells it', async () => {
    world.disk.holdWrites()
    const done: string[] = []
    const both = [call('C1'), call('C1')].map(one => happened(one).then(() => done.push(one.key)))
    await world.settle()
    // The second is no more durable than the first.
    expect(done).toEqual([])
    world.disk.releaseWrites()
    await Promise.all(both)
    await happened(call('C1'), call('C1', 'missed'), call('C1', 'missed'))
    expect(await drain()).toEqual([expect.stringMatching(/ringing$/), expect.stringMatching(/missed$/)])
    expect(facts()).toHaveLength(2)
  })

  it('is told once and in order, also while it is looked up', async () => {
    world.disk.holdReads()
    const all = [happened(call('C1')), happened(call('C1'), call('C2')), happened(renamed('k', 'Team'))]
    await world.settle()
    expect(facts()).toEqual([])
    world.disk.holdWrites()
    world.disk.releaseReads()
    await world.settle()
    // Whoever found that it is on its way must not say that it is there.
    const first = await Promise.race([...all, Promise.resolve('nobody')])
    expect(first).toBe('nobody')
    world.disk.releaseWrites()
    await Promise.all(all)
    expect(facts().map(({ type }) => type)).toEqual(['call.changed', 'call.changed', 'group.changed'])
  })

  it('is stored in every state, and not where nobody can store', async () => {
    world.entry().actor.tell({ type: 'logout.requested' })
    await happened(call('C1'))
    expect(facts()).toHaveLength(1)
    const { owner } = world.whatsapp.socketOf('s1')
    await world.entry().actor.stop()
    await expect(owner.happened([call('C2')])).rejects.toMatchObject({ code: 'NOT_READY' })
  })

  it('is replayed with its first id and date, a dead letter too', async () => {
    await happened(call('C1'), call('C2'), renamed('k', 'Team'))
    const first = await drain()
    expect(await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)).toBe(3)
    const head = world.stored.deliveries.head(lane())!
    expect(head.payload.at).toBe('1970-01-01T00:00:01.000Z')
    await world.store.deliveries.settle(head.id, { dead: true, at: world.clock.now(), error: 'HTTP 422' })
    expect(await world.commands.replay('s1', 0, head.seq)).toBe(1)
    expect(await drain()).toEqual(first)
  })

  it('is not replayed once Laravel wants its kind no more', async () => {
    await world.end()
    world = await World.start({ accountEvents: ['group'] })
    await world.linked()
    await happened(call('C1'), renamed('k', 'Team'), call('C2'))
    const [, subject] = await drain()
    expect(await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)).toBe(1)
    expect(await drain()).toEqual([subject])
  })

  it('is gone with its session', async () => {
    await happened(call('C1'))
    const stream = streamId()
    await world.entry().actor.delete()
    expect(world.stored.accountEvents.find(stream, 'call|C1|ringing')).toBeNull()
    expect(world.stored.deliveries.head(`${stream}|events`)).toBeNull()
  })
})
