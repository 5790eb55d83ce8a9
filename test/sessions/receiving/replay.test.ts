import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { incoming } from '../fakes.ts'
import { World } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const MEDIA = {
  id: 'aa'.repeat(32),
  kind: 'image' as const,
  directPath: '/v/x',
  host: null,
  mediaKey: Buffer.alloc(32).toString('base64'),
  encryptedId: 'bb'.repeat(32),
  size: 3,
}

const streamId = () => world.entry().actor.streamId
const lane = (chat = '34611111111') => `${streamId()}|${chat}@s.whatsapp.net`

/** Takes deliveries of a lane as Laravel would; their webhook ids. */
async function drain(name = lane()): Promise<string[]> {
  const taken: string[] = []
  for (let head = world.stored.deliveries.head(name); head; head = world.stored.deliveries.head(name)) {
    taken.push(`${head.webhookId} ${head.payload.body}`)
    await world.store.deliveries.settle(head.id, { done: true })
  }
  return taken
}

async function receive(...ids: string[]): Promise<void> {
  const socket = world.whatsapp.socketOf('s1')
  for (const id of ids) await socket.owner.received([incoming(id)])
}

describe('A replay', () => {
  it('delivers received messages again, in order, under their first webhook ids', async () => {
    await world.linked()
    await receive('a', 'b', 'c')
    const first = await drain()
    expect(first).toHaveLength(3)
    expect(await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)).toBe(3)
    expect(world.wokenLanes.at(-1)).toBe(lane())
    expect(await drain()).toEqual(first)
  })

  it('tells what could not be read as what it is, once this version can read it, and fetches its file', async () => {
    await world.linked()
    const [a, b] = [incoming('a'), incoming('b')].map(one => ({
      ...one,
      message: { ...one.message, type: 'unsupported', body: 'field 119' },
      unread: Buffer.from(one.message.message_id),
    }))
    const { owner } = world.whatsapp.socketOf('s1')
    await owner.received([a!, b!])
    await drain()
    const media = { ...MEDIA, id: 'ab'.repeat(32) }
    world.whatsapp.onReread = (stored, encoded) =>
      Buffer.from(encoded).toString() === 'a'
        ? { message: { ...stored, type: 'poll', body: 'Where?' }, media }
        : null
    expect(await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)).toBe(2)
    expect((await drain()).map(line => line.split(' ').slice(1).join(' '))).toEqual(['Where?', 'field 119'])
    const { streamId } = world.entry().actor
    expect(world.stored.downloads.due(streamId, world.clock.now(), 9)).toMatchObject([{ source: media }])
    // What was read needs its encoding no more, what was not keeps it.
    world.whatsapp.onReread = stored => ({ message: { ...stored, body: 'again' } })
    await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)
    expect((await drain()).map(line => line.split(' ').slice(1).join(' '))).toEqual(['Where?', 'again'])
  })

  it('has no encoding left to read once the words were erased', async () => {
    await world.linked()
    const { owner } = world.whatsapp.socketOf('s1')
    await owner.received([{ ...incoming('a'), unread: Buffer.from('a') }])
    await drain()
    await world.store.eraseBodies(world.clock.now() + 1, 10)
    world.whatsapp.onReread = stored => ({ message: { ...stored, body: 'read' } })
    await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)
    expect(await drain()).toEqual([expect.stringMatching(/ null$/)])
  })

  it('over messages that were removed says so, and from where one is possible', async () => {
    await world.linked()
    await receive('a', 'b')
    await drain()
    await world.wait(60_000)
    await receive('c')
    await drain()
    const before = world.clock.now() - 30_000
    const all = { factsBefore: before, messagesBefore: before, from: { session: 0, seq: 0 }, limit: 1_000 }
    const rows = world.rows()
    world.factsRemoved = true
    expect(await world.store.prune(all)).toMatchObject({ facts: 2, messages: 2, next: null })
    const [, b] = rows.filter(({ type }) => type === 'message.received')
    await expect(world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      code: 'MESSAGES_REMOVED',
      status: 410,
      message: expect.stringContaining(`after ${b!.seq}`),
    })
    expect(await world.commands.replay('s1', b!.seq, Number.MAX_SAFE_INTEGER)).toBe(1)
    await drain()
    // The session as it was at a fact that is gone is what it was.
    expect(await world.queries.at('s1', b!.seq)).toMatchObject({ seq: b!.seq, state: 'open.settling' })
    expect(world.rows().map(({ seq }) => seq)).not.toContain(b!.seq)
    // WhatsApp delivers a removed one again.
    await receive('a')
    expect(await drain()).toEqual([])
    await receive('d')
    expect(await drain()).toHaveLength(1)
  })

  it('is limited by a first and a last seq', async () => {
    await world.linked()
    await receive('a', 'b', 'c')
    await drain()
    const [a, b] = world.rows().filter(({ type }) => type === 'message.received')
    expect(await world.commands.replay('s1', a!.seq, b!.seq)).toBe(1)
    expect(await drain()).toEqual([`${streamId()}.${b!.seq}.messages body of b`])
    expect(await world.commands.replay('s1', 10_000, 20_000)).toBe(0)
  })

  it('leaves pending deliveries in place, and retries dead letters with a full lifetime', async () => {
    await world.linked()
    await receive('a', 'b')
    const { id } = world.stored.deliveries.head(lane())!
    await world.store.deliveries.settle(id, { dead: true, at: world.clock.now(), error: 'HTTP 422' })
    await world.wait(60_000)
    expect(await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)).toBe(2)
    expect(world.stored.deliveries.counts()).toMatchObject({ dead: 0 })
    expect(world.stored.deliveries.head(lane())).toMatchObject({ id, at: world.clock.now(), tries: 0 })
    expect(await drain()).toHaveLength(2)
  })

  it('takes several commits for many messages, and keeps the order of each chat', async () => {
    await world.linked()
    const ids = Array.from({ length: 1_201 }, (_, n) => `m${n}`)
    await world.whatsapp.socketOf('s1').owner.received(ids.map(id => incoming(id)))
    const first = await drain()
    const before = world.disk.committed.length
    expect(await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)).toBe(1_201)
    expect(world.disk.committed.length - before).toBe(3)
    expect(await drain()).toEqual(first)
  })

  it('writes no fact', async () => {
    await world.linked()
    await receive('a')
    const { length } = world.rows()
    await world.commands.replay('s1', 0, Number.MAX_SAFE_INTEGER)
    expect(world.rows()).toHaveLength(length)
  })

  it('is a 404 for an unknown session', async () => {
    await expect(world.commands.replay('nobody', 0, 1)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })
})
