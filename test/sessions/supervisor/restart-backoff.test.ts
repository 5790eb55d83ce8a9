import { afterEach, describe, expect, it } from 'vitest'
import { text } from '../fakes.ts'
import { World } from '../world.ts'

let world: World
afterEach(() => world.end())

describe('A session with a write that the store refuses for its content', () => {
  /** Two rows of one name. */
  const poison = (sessionId = 's1') => {
    const { actor } = world.entry(sessionId)
    const row = {
      messageId: 'twice',
      chatId: '1@lid',
      direction: 'out',
      content: text('1@lid', 'x'),
      status: 'queued',
      at: 0,
    } as const
    const refused = actor.append([{ type: 'message.queued', messageId: 'twice', chatId: '1@lid' }], seq => ({
      messages: ['a', 'b'].map(dedupeKey => ({ insert: { ...row, dedupeKey, seq } })),
    }))
    return expect(refused).rejects.toMatchObject({ code: 'CONFLICT' })
  }

  it('ends and is restored from its log; other sessions go on', async () => {
    world = await World.start()
    const socket = await world.linked()
    const other = await world.linked('other')
    const before = world.factTypes()
    await poison()
    await world.settle()
    expect([socket.ended, other.ended, world.supervisor.find('s1')]).toEqual([true, false, undefined])
    expect([world.factTypes(), world.supervisor.problem()]).toEqual([before, null])
    const sent = world.commands.send('s1', text('1@lid', 'hi'), world.clock.now() + 1000)
    await expect(sent).rejects.toMatchObject({ code: 'NOT_READY', retryable: true })
    const again = world.commands.start({ sessionId: 's1', userId: 7 })
    await expect(again).rejects.toMatchObject({ code: 'NOT_READY', retryable: true })
    await world.wait(1000)
    expect(world.state()).toBe('starting.connecting')
    await world.openSocket()
    expect(world.state()).toBe('open.settling')
    expect(world.factTypes().slice(before.length)).toEqual(['session.resumed', 'socket.opened'])
  })

  it('is restored later each time when it happens again, for ever', async () => {
    world = await World.start()
    await world.linked()
    const waits: number[] = []
    for (let i = 0; i < 9; i++) {
      await poison()
      await world.settle()
      const begin = world.clock.now()
      while (world.supervisor.find('s1') === undefined) await world.wait(500)
      waits.push(world.clock.now() - begin)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
    await world.wait(400_000)
    await poison()
    await world.wait(1000)
    expect(world.supervisor.find('s1')).toBeDefined()
  })

  it('is restored also when another owner has claimed its stream', async () => {
    world = await World.start()
    const socket = await world.linked()
    await world.store.claim(world.entry().actor.streamId)
    socket.report({ type: 'socket.named', pushName: 'Shop' })
    await world.settle()
    expect(world.supervisor.find('s1')).toBeUndefined()
    await world.wait(1000)
    await world.openSocket()
    expect(world.state()).toBe('open.settling')
  })

  it('is restored also when it is lost while the store recovers', async () => {
    world = await World.start()
    await world.linked()
    await world.linked('other')
    const { streamId } = world.entry().actor
    world.disk.failWrites()
    world.entry('other').actor.tell({ type: 'socket.named', pushName: 'Shop' })
    await world.settle()
    expect(world.supervisor.problem()?.message).toMatch(/The disk is full\. Every session stands still/)
    world.disk.repair()
    world.disk.refuseWrites(write => write.streamId === streamId)
    while (world.supervisor.problem() !== null) await world.wait(500)
    expect(world.supervisor.find('s1')).toBeUndefined()
    await world.wait(300_000)
    world.disk.repair()
    await world.wait(60_000)
    expect([world.state(), world.supervisor.live]).toEqual(['starting.connecting', 2])
  })

  it('is restored later when the disk fails during its restoration', async () => {
    world = await World.start()
    await world.linked()
    await poison()
    await world.settle()
    world.disk.failWrites(write => write === null)
    await world.wait(1000)
    expect([world.supervisor.find('s1'), world.supervisor.problem()]).toEqual([undefined, null])
    world.disk.repair()
    await world.wait(2000)
    expect([world.state(), world.supervisor.live]).toEqual(['starting.connecting', 1])
  })

  it('has one actor and one socket when /start comes while it is being restored', async () => {
    world = await World.start()
    const socket = await world.linked()
    let ended = () => {}
    socket.onEnd = () =>
      new Promise<void>(resolve => {
        ended = resolve
      })
    await poison()
    await world.settle()
    await world.wait(1000)
    const early = world.commands.start({ sessionId: 's1', userId: 7 })
    await expect(early).rejects.toMatchObject({ code: 'NOT_READY', retryable: true })
    ended()
    await world.settle()
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    expect([world.whatsapp.liveSockets('s1').length, world.supervisor.live]).toEqual([1, 1])
  })

  it('is not restored while it is being deleted', async () => {
    world = await World.start()
    await world.shown()
    const { actor } = world.entry()
    await world.commands.delete('s1', world.clock.now() + 1000)
    const late = world.store.commit({ streamId: actor.streamId, epoch: actor.epoch, lastActivity: 1 })
    await expect(late).rejects.toMatchObject({ code: 'EPOCH_CONFLICT' })
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.wait(120_000)
    expect(world.factTypes()).toContain('session.created')
    expect(world.entry().actor.streamId).not.toBe(actor.streamId)
  })

  it('is not restored after the supervisor has stopped', async () => {
    world = await World.start()
    await world.linked()
    await poison()
    await world.stop()
    await world.wait(120_000)
    expect(world.whatsapp.liveSockets()).toEqual([])
    await world.boot()
    await world.openSocket()
    expect(world.state()).toBe('open.settling')
  })
})
