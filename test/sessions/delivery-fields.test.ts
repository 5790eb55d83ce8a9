import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSessionOwners } from '../../src/sessions/session-owners.ts'
import { incoming } from './fakes.ts'
import { closedAs, World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const metadata = { tenant: 7, plan: 'añual' }
const start = (given?: object) =>
  world.commands.start({
    ...{ sessionId: 's1', userId: 7 },
    ...(given !== undefined && { metadata: { ...given } }),
  })
/** Of the session's statuses that were put into deliveries, oldest first. */
const statuses = () =>
  world.disk.committed
    .flatMap(({ deliveries = [] }) => deliveries)
    .filter(({ kind }) => kind === 'status')
    .map(({ payload }) => payload!)

describe('The metadata of a session', () => {
  it('comes with what its first /start brings about: its QR and its statuses', async () => {
    await start(metadata)
    await world.linked()
    expect(world.laravel.published).toMatchObject([{ sessionId: 's1', userId: 7, metadata }])
    expect(statuses().map(({ estado_qr }) => estado_qr)).toEqual(['pending', 'active'])
    for (const payload of statuses()) expect(payload).toMatchObject({ user_id: 7, metadata })
    expect((await world.queries.get('s1')).metadata).toEqual(metadata)
  })

  it('stays when a later /start has none, and makes room for what a later one has', async () => {
    await start(metadata)
    const socket = await world.linked()
    expect(await start()).toMatchObject({ metadata })
    expect(await start({ tenant: 8 })).toMatchObject({ metadata: { tenant: 8 } })
    socket.report(closedAs('suspend', 'replaced'))
    await world.settle()
    expect(statuses().at(-1)).toMatchObject({ estado_qr: 'inactive', metadata: { tenant: 8 } })
    expect(await start({})).toMatchObject({ metadata: {} })
    await world.settle()
    await world.openSocket()
    expect(statuses().at(-1)).toMatchObject({ estado_qr: 'active', metadata: {} })
  })

  it('is known to the status that follows from its /start', async () => {
    await start(metadata)
    const socket = await world.linked()
    socket.report(closedAs('suspend', 'replaced'))
    await world.settle()
    await start({ tenant: 8 })
    await world.settle()
    expect(statuses().at(-1)).toMatchObject({ estado_qr: 'active', metadata: { tenant: 8 } })
  })

  it('outlives the process, and is told to nobody before it is durable', async () => {
    await start(metadata)
    await world.linked()
    world.disk.holdWrites()
    void start({ tenant: 8 })
    await world.settle()
    expect(world.entry().actor.metadata).toEqual(metadata)
    world.disk.releaseWrites()
    await world.settle()
    expect(world.entry().actor.metadata).toEqual({ tenant: 8 })
    await world.stop()
    await world.boot()
    expect(world.entry().actor.metadata).toEqual({ tenant: 8 })
  })

  it('does not change when /start is refused, and ends with the session', async () => {
    await start(metadata)
    const socket = await world.linked()
    const removed = world.commands.delete('s1', world.clock.now() + 60_000)
    await world.settle()
    await expect(start({ tenant: 8 })).rejects.toMatchObject({ code: 'DELETING' })
    expect((await world.queries.get('s1')).metadata).toEqual(metadata)
    socket.report({ type: 'logout.confirmed' })
    await removed
    expect(statuses().at(-1)).toMatchObject({ estado_qr: 'inactive', user_id: 7, metadata })
    expect(await start()).toMatchObject({ metadata: null })
  })

  it('stands in no fact, so that nothing of it is left in the log', async () => {
    await start(metadata)
    await world.linked()
    await start({ tenant: 8 })
    expect(JSON.stringify(world.rows())).not.toMatch(/tenant/)
  })
})

describe('The seq of a QR', () => {
  const seqOf = (hash: string) =>
    world.rows().find(({ type, data }) => type === 'socket.qr' && data.hash === hash)!.seq

  it('is that of the fact that offered it, however often Laravel is asked to take it', async () => {
    let refusals = 2
    world.laravel.onPublish = async () => {
      if (refusals-- > 0) throw new Error('down')
    }
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 60_000)
    await world.wait(15_000)
    socket.qr('b', world.clock.now() + 60_000)
    await world.wait(60_000)
    const seqs = world.laravel.published.map(({ text, seq }) => [text.at(-1), seq])
    expect(seqs.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => ['a', seqOf('a')]))
    expect(seqs.at(-1)).toEqual(['b', seqOf('b')])
  })
})

describe('Whose a session is', () => {
  const owners = () => createSessionOwners(registry(), world.store)
  /** As the supervisor knows what runs. */
  const registry = () => ({ find: (id: string) => world.supervisor.find(id) }) as never
  const ownerOf = (streamId: string) => owners().ownerOf({ sessionId: 's1', streamId })

  it('is known without a read while it runs, else from its row, and of no other life', async () => {
    await start(metadata)
    const socket = await world.linked()
    await socket.owner.received([incoming('m1')])
    const { streamId } = world.entry().actor
    world.disk.damage("UPDATE sessions SET user_id = '8' WHERE session_id = 's1'")
    expect(await ownerOf(streamId)).toMatchObject({ userId: 7, metadata })
    expect(await ownerOf('another life')).toBeNull()
    await world.stop()
    expect(await ownerOf(streamId)).toMatchObject({ userId: 8, metadata })
    expect(await ownerOf('another life')).toBeNull()
    world.disk.damage("UPDATE sessions SET user_id = '7' WHERE session_id = 's1'")
  })
})
