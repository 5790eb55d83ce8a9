import { afterEach, describe, expect, it } from 'vitest'
import type { ActiveAnswer } from '../../../src/ports/laravel.ts'
import { closedAs, World } from '../world.ts'

let world: World
afterEach(() => world.end())

const start = async () => {
  world = await World.start()
}
const pending = () => {
  const { streamId } = world.stored.sessions.find('s1')!
  return world.stored.deliveries.head(streamId)
}
const says = (said: ActiveAnswer['said']) => {
  world.laravel.answer = async () => said
}

describe('The estado_qr that Laravel is told', () => {
  it('is pending after the first POST /qr, active at the open and inactive at the end, each change once', async () => {
    await start()
    const socket = await world.started()
    expect(world.statuses()).toEqual([])
    socket.qr('a', world.clock.now() + 60_000)
    await world.settle()
    expect(world.laravel.published.map(({ text }) => text)).toEqual(['secret text of a'])
    expect(world.statuses()).toEqual(['pending'])
    await world.wait(30_000)
    socket.qr('b', world.clock.now() + 20_000)
    await world.settle()
    expect([world.laravel.published.length, world.statuses()]).toEqual([2, ['pending']])
    socket.report(
      { type: 'socket.paired', waId: '34600000001', lid: null },
      closedAs('reconnectNow', 'restart'),
    )
    await world.settle()
    await world.openSocket()
    expect(world.statuses()).toEqual(['pending', 'active'])
    world.whatsapp.socketOf('s1').report(closedAs('backoff'))
    await world.settle()
    await world.waitForRetry()
    await world.openSocket()
    expect(world.statuses()).toEqual(['pending', 'active'])
    world.whatsapp.socketOf('s1').report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(world.statuses()).toEqual(['pending', 'active', 'inactive'])
  })

  it('is nothing before Laravel has accepted a QR, however long that takes', async () => {
    await start()
    world.laravel.onPublish = async () => {
      throw new Error('down')
    }
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 20_000)
    await world.wait(20_000)
    expect(world.state()).toBe('awaitingQr.shown.ready')
    expect(world.laravel.published).toHaveLength(4)
    expect(world.statuses()).toEqual([])
    world.laravel.onPublish = async () => {}
    socket.qr('b', world.clock.now() + 60_000)
    await world.settle()
    expect(world.statuses()).toEqual(['pending'])
  })

  it('comes with the user, the reason and a sentence', async () => {
    await start()
    const socket = await world.linked()
    socket.report(closedAs('banned', 'banned'))
    await world.settle()
    const seq = world.rows().length
    expect(pending()).toMatchObject({
      webhookId: `${world.stored.sessions.find('s1')!.streamId}.${seq}.status`,
      kind: 'status',
      seq,
      payload: {
        session_id: 's1',
        user_id: 7,
        estado_qr: 'inactive',
        reason: 'banned',
        reason_text: 'Because of banned.',
        wa_id: '34600000001',
        session_data: { state: 'loggedOut', detail: 'banned', push_name: 'Ana', lid: '1@lid' },
        metadata: null,
      },
    })
  })

  it('says of a session that is deleted that it is, and asks nobody to start it again', async () => {
    await start()
    const socket = await world.linked()
    void world.commands.delete('s1', world.clock.now())
    await world.settle()
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    const { payload } = world.disk.committed
      .flatMap(({ deliveries = [] }) => deliveries)
      .findLast(({ kind }) => kind === 'status')!
    expect(payload).toMatchObject({ estado_qr: 'inactive', reason: 'logged_out' })
    expect(payload!.reason_text).not.toMatch(/start/)
  })

  it('replaces an older one that was not delivered yet', async () => {
    await start()
    const socket = await world.linked()
    expect(pending()!.payload.estado_qr).toBe('active')
    socket.report(closedAs('suspend', 'replaced'))
    await world.settle()
    expect(pending()!.payload.estado_qr).toBe('inactive')
    expect(world.stored.deliveries.counts().pending).toBe(1)
  })

  it('is stored in the same commit as the fact that caused it', async () => {
    await start()
    await world.linked()
    for (const { deliveries = [], events = [], announced } of world.disk.committed)
      for (const { kind, seq } of deliveries)
        if (kind === 'status')
          expect([events.some(one => one.seq === seq), announced !== undefined]).toEqual([true, true])
  })

  it('does not change when the store did not take the fact', async () => {
    await start()
    const socket = await world.linked()
    world.disk.failWrites()
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(world.statuses().at(-1)).toBe('active')
    world.disk.repair()
    await world.wait(2000)
    ;(await world.openSocket()).report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(world.statuses().slice(-2)).toEqual(['active', 'inactive'])
  })

  it('is not announced again after a restart', async () => {
    await start()
    await world.linked()
    world.kill()
    await world.boot()
    await world.openSocket()
    expect(world.statuses()).toEqual(['pending', 'active'])
  })

  it('is inactive after DELETE of a linked session, and its delivery outlives the session', async () => {
    await start()
    const socket = await world.linked()
    await world.deliverStatus()
    const { streamId } = world.entry().actor
    const remove = world.commands.delete('s1', world.clock.now() + 60_000)
    await world.settle()
    socket.report({ type: 'logout.confirmed' })
    expect(await remove).toEqual({ done: true })
    expect(world.stored.sessions.find('s1')).toBe(null)
    expect(world.stored.deliveries.head(streamId)!.payload).toMatchObject({
      session_id: 's1',
      estado_qr: 'inactive',
    })
  })
})

describe('A change that an answer of Laravel caused', () => {
  it('is not told to Laravel when the session is refused', async () => {
    await start()
    says('inactive')
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 60_000)
    await world.settle()
    expect([world.state(), world.statuses()]).toEqual(['awaitingQr.refused', []])
    expect(world.stored.sessions.find('s1')!.announced).toBe('inactive')
  })

  it('is not told to Laravel when the session is suspended and resumed', async () => {
    await start()
    const socket = await world.linked()
    await world.deliverStatus()
    says('inactive')
    socket.report(closedAs('backoff'))
    await world.settle()
    expect(world.state()).toBe('reconnecting.suspended.resting')
    says('active')
    await world.wait(15 * 60_000)
    expect(world.state()).toBe('starting.connecting')
    await world.openSocket()
    expect(world.statuses()).toEqual(['pending', 'active'])
  })

  it('does not hide a later change with another cause', async () => {
    await start()
    says('inactive')
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 60_000)
    await world.settle()
    says('active')
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    world.whatsapp.socketOf('s1').qr('b', world.clock.now() + 60_000)
    await world.settle()
    expect(world.statuses()).toEqual(['pending'])
  })
})

describe('An inactive from Laravel', () => {
  it('does not refuse the next /start when it only repeats what we told it', async () => {
    await start()
    const socket = await world.linked()
    await world.deliverStatus()
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(await world.deliverStatus()).toBe('inactive')
    says('inactive') // Laravel repeats what we told it
    await world.wait(60_000)
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.settle()
    world.whatsapp.socketOf('s1').qr('b', world.clock.now() + 60_000)
    await world.settle()
    expect(world.state()).toBe('awaitingQr.shown.throttled')
  })

  it('does not refuse a new session under a deleted id when it repeats what we told it', async () => {
    await start()
    const socket = await world.linked()
    await world.deliverStatus()
    const { streamId } = world.entry().actor
    void world.commands.delete('s1', world.clock.now() + 4000)
    await world.settle()
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    const { id, payload } = world.stored.deliveries.head(streamId)!
    expect(payload.estado_qr).toBe('inactive')
    const told = { streamId, estadoQr: 'inactive' as const, at: world.clock.now() }
    says('inactive')
    await world.wait(60_000)
    // The last word of the old life may reach Laravel when the new one has begun.
    await world.commands.start({ sessionId: 's1', userId: 7 })
    await world.store.deliveries.settle(id, { done: true, acceptedStatus: told })
    await world.settle()
    world.whatsapp.socketOf('s1').qr('b', world.clock.now() + 60_000)
    await world.settle()
    expect(world.state()).toBe('awaitingQr.shown.throttled')
  })

  it('is believed when we did not cause it', async () => {
    await start()
    const socket = await world.linked()
    expect(await world.deliverStatus()).toBe('active')
    says('inactive')
    await world.wait(60_000)
    socket.report(closedAs('backoff'))
    await world.settle()
    expect(world.state()).toBe('reconnecting.suspended.resting')
  })
})

describe('The publication of a QR', () => {
  it('is tried again every 5 s while its QR is the newest', async () => {
    await start()
    let tries = 0
    world.laravel.onPublish = async () => {
      if (++tries < 3) throw new Error('down')
    }
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 60_000)
    await world.wait(4999)
    expect([tries, world.state()]).toEqual([1, 'awaitingQr.publishing.pausing'])
    await world.wait(5000)
    expect([tries, world.state()]).toEqual([2, 'awaitingQr.publishing.pausing'])
    await world.wait(1)
    expect([tries, world.state()]).toEqual([3, 'awaitingQr.shown.throttled'])
  })

  it('is aborted when a newer QR comes, which is published instead', async () => {
    await start()
    let down = true
    world.laravel.onPublish = async () => {
      if (down) throw new Error('down')
    }
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 60_000)
    await world.wait(1000)
    socket.qr('b', world.clock.now() + 60_000)
    down = false
    await world.wait(4000)
    expect(world.laravel.published.map(({ text }) => text)).toEqual(['secret text of a', 'secret text of b'])
    expect(world.context().qr.published?.hash).toBe('b')
  })

  it('is aborted when the state of its session changes, and its late answer changes nothing', async () => {
    await start()
    const late = Promise.withResolvers<void>()
    world.laravel.onPublish = () => late.promise
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 60_000)
    await world.settle()
    await world.commands.restart('s1')
    await world.settle()
    expect(world.laravel.aborted).toBe(1)
    const { length } = world.rows()
    late.resolve()
    await world.wait(5000)
    expect([world.rows().length, world.state()]).toEqual([length, 'starting.connecting'])
  })

  it('does not publish a QR that has expired', async () => {
    await start()
    world.laravel.answer = async () => {
      await new Promise<void>(resolve => world.clock.setTimeout(resolve, 30_000))
      return 'active'
    }
    const socket = await world.started()
    socket.qr('a', world.clock.now() + 20_000)
    await world.wait(40_000)
    expect(world.laravel.published).toEqual([])
    expect(world.factTypes().at(-1)).toBe('qr.publishFailed')
  })

  it('leaves no QR text in memory when the QR round ends', async () => {
    await start()
    await world.shown()
    expect(world.vault.read('s1')?.hash).toBe('a')
    await world.commands.logout('s1', world.clock.now())
    await world.settle()
    expect(world.vault.read('s1')).toBe(null)
  })
})
