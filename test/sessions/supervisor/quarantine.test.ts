import { afterEach, describe, expect, it } from 'vitest'
import { text } from '../fakes.ts'
import { World } from '../world.ts'

let world: World
/** Sets fields of the newest lifecycle row of the session `bad`. */
const damage = (set: string, ...params: string[]) =>
  world.disk.damage(
    `UPDATE events SET ${set} WHERE (stream_id, seq) = (SELECT stream_id, state_seq FROM sessions WHERE session_id = 'bad')`,
    ...params,
  )
const changed = (change: (context: Record<string, unknown>) => void): string => {
  const context = { ...world.context('bad') } as unknown as Record<string, unknown>
  change(context)
  return JSON.stringify(context)
}
const rowOfBad = () => {
  const { state, context, machineVersion } = world.stored.sessions.find('bad')!
  return { state, context, machineVersion }
}
const erase = async () => {
  void world.commands.delete('bad', world.clock.now() + 1000)
  await world.settle()
  const socket = await world.openSocket('bad')
  socket.report({ type: 'logout.confirmed' })
  await world.settle()
}

const DAMAGE: [string, () => void, RegExp][] = [
  ['is torn JSON', () => damage(`context = substr(context, 1, 100)`), /not JSON/],
  ['is empty', () => damage(`context = ''`), /not JSON/],
  ['is null', () => damage(`context = 'null'`), /context is not what it must be/],
  ['is a list', () => damage(`context = '[1]'`), /context is not what it must be/],
  [
    'has no QR part',
    () =>
      damage(
        'context = ?',
        changed(one => delete one.qr),
      ),
    /qr is not what/,
  ],
  [
    'has half a QR',
    () =>
      damage(
        'context = ?',
        changed(one => Object.assign(one, { qr: {} })),
      ),
    /qr is not/,
  ],
  [
    'has a time that is a word',
    () =>
      damage(
        'context = ?',
        changed(one => Object.assign(one, { createdAt: 'x' })),
      ),
    /createdAt is not/,
  ],
  [
    'names a state that the chart does not have',
    () => damage(`state = 'open.nowhere'`),
    /does not have \(open\.nowhere\)/,
  ],
  ['has an empty state', () => damage(`state = ''`), /does not have/],
  [
    'was written by a newer version',
    () => damage(`machine_version = '99', state = 'open.orbiting', context = '{"new":1}'`),
    /newer version .*machine 99.*Install that version again/,
  ],
  [
    'was written by a version nobody knows',
    () => damage(`machine_version = '0'`),
    /nothing here understands/,
  ],
  ['is gone', () => damage(`seq = seq + 1000`), /not JSON/],
]

describe('A session whose newest row', () => {
  afterEach(async () => {
    world.stored.sessions.find('bad') && (await erase())
    await world.end()
  })

  it.each(
    DAMAGE,
  )('%s stands still with the reason, keeps its row, and the others open', async (_, harm, why) => {
    world = await World.start()
    await world.linked('bad')
    await world.linked('good')
    await world.deliverStatus('bad')
    world.kill()
    harm()
    const before = rowOfBad()
    await world.boot()

    expect([world.supervisor.live, world.supervisor.problem()]).toEqual([1, null])
    await world.openSocket('good')
    expect(world.state('good')).toBe('open.settling')
    const view = {
      ...{ sessionId: 'bad', userId: 7, state: 'reconnecting', detail: 'suspended', estadoQr: 'inactive' },
      ...{ reason: 'unreadable', reasonText: expect.stringMatching(why) },
    }
    expect(await world.queries.get('bad')).toMatchObject(view)
    expect((await world.queries.list({ limit: 10 })).sessions).toMatchObject([
      view,
      { sessionId: 'good', state: 'open' },
    ])
    expect((await world.queries.list({ limit: 10, state: 'open' })).sessions).toMatchObject([
      { sessionId: 'good' },
    ])
    expect((await world.queries.list({ limit: 10, state: 'reconnecting' })).count).toBe(1)
    expect(world.queries.stats().byState).toEqual({ open: 1, reconnecting: 1 })
    expect(world.supervisor.warnings()).toMatchObject([
      { code: 'SESSION_UNREADABLE', message: expect.stringMatching(/^1 session .*\(bad\)/) },
    ])
    // Laravel hears of it once, with the sentence.
    const head = world.stored.deliveries.head(world.stored.sessions.find('bad')!.streamId)
    expect(head?.payload).toMatchObject({
      estado_qr: 'inactive',
      reason: 'unreadable',
      reason_text: expect.stringMatching(why),
    })
    await world.stop()
    await world.boot()
    expect(rowOfBad()).toEqual(before)
    expect(world.factTypes('bad').filter(type => type === 'session.quarantined')).toHaveLength(1)

    const deadline = world.clock.now()
    const refused = { code: 'SESSION_UNREADABLE', status: 409, message: expect.stringMatching(why) }
    await expect(world.commands.start({ sessionId: 'bad', userId: 7 })).rejects.toMatchObject(refused)
    await expect(world.commands.restart('bad')).rejects.toMatchObject(refused)
    await expect(world.commands.logout('bad', deadline)).rejects.toMatchObject(refused)
    await expect(world.commands.send('bad', text('34622222222'), deadline)).rejects.toMatchObject({
      code: 'SESSION_NOT_CONNECTED',
      message: expect.stringMatching(why),
    })
    expect(world.whatsapp.liveSockets().map(({ owner }) => owner.sessionId)).toEqual(['good'])
  })

  it('is damaged is deleted as any other: WhatsApp is told, then all of it is erased', async () => {
    world = await World.start()
    const { streamId } = (await world.linked('bad')).owner
    await world.deliverStatus('bad')
    world.kill()
    damage(`context = '{'`)
    await world.boot()
    const deleting = world.commands.delete('bad', world.clock.now() + 1000)
    await world.wait(1000)
    expect(await deleting).toEqual({ done: false })
    expect(world.supervisor.warnings()).toEqual([])
    expect(await world.commands.start({ sessionId: 'bad', userId: 7 }).catch(error => error.code)).toBe(
      'DELETING',
    )
    // What is owed survives the next start.
    world.kill()
    await world.boot()
    const socket = await world.openSocket('bad')
    expect([world.state('bad'), socket.logouts]).toEqual(['open.unlinking', 1])
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    expect(world.stored.sessions.find('bad')).toBe(null)
    expect(world.stored.log.after(streamId, 0, 100).map(({ type }) => type)).toEqual(['session.deleted'])
    expect(world.queries.stats().byState).toEqual({})
    await world.commands.start({ sessionId: 'bad', userId: 7 })
    await world.commands.delete('bad', world.clock.now() + 1000)
  })

  it('was written by an older version goes on', async () => {
    world = await World.start()
    await world.linked('bad')
    world.kill()
    damage(
      `machine_version = '1', context = ?`,
      changed(one => {
        delete one.reachOutLock
        delete one.slowdown
      }),
    )
    await world.boot()
    await world.openSocket('bad')
    expect([world.state('bad'), world.supervisor.warnings()]).toEqual(['open.settling', []])
  })

  it('was mended meanwhile runs again with /start, with /restart, and at the next start; Laravel hears `active`', async () => {
    world = await World.start()
    await world.linked('bad')
    await world.deliverStatus('bad')
    const { state } = rowOfBad()
    for (const mended of [
      () => world.commands.start({ sessionId: 'bad', userId: 7 }),
      () => world.commands.restart('bad'),
      () => world.boot(),
    ]) {
      world.kill()
      damage(`state = 'open.nowhere'`)
      await world.boot()
      expect((await world.queries.get('bad')).reason).toBe('unreadable')
      expect(await world.deliverStatus('bad')).toBe('inactive')
      damage('state = ?', state)
      await mended()
      await world.settle()
      await world.openSocket('bad')
      expect(await world.queries.get('bad')).toMatchObject({
        state: 'open',
        reason: null,
        estadoQr: 'active',
      })
      expect(world.supervisor.warnings()).toEqual([])
      expect(await world.deliverStatus('bad')).toBe('active')
    }
  })

  it('is taken up once, however many ask for it at the same time', async () => {
    world = await World.start()
    await world.linked('bad')
    const { state } = rowOfBad()
    world.kill()
    damage(`state = 'open.nowhere'`)
    await world.boot()
    damage('state = ?', state)
    const start = () => world.commands.start({ sessionId: 'bad', userId: 7 })
    await Promise.all([start(), start(), world.commands.restart('bad')])
    await world.settle()
    await world.openSocket('bad')
    expect([world.state('bad'), world.supervisor.live]).toEqual(['open.settling', 1])
    expect(world.whatsapp.liveSockets().map(({ owner }) => owner.sessionId)).toEqual(['bad'])
    expect(world.queries.stats().byState).toEqual({ open: 1 })
  })

  it('is deleted once, however often it is asked for', async () => {
    world = await World.start()
    await world.linked('bad')
    world.kill()
    damage(`context = '{'`)
    await world.boot()
    const deletion = () => world.commands.delete('bad', world.clock.now() + 1000)
    const both = [deletion(), deletion()]
    await world.settle()
    const socket = await world.openSocket('bad')
    socket.report({ type: 'logout.confirmed' })
    await world.settle()
    expect(await Promise.all(both)).toEqual([{ done: true }, { done: true }])
    expect(world.stored.sessions.find('bad')).toBe(null)
    expect(world.whatsapp.liveSockets()).toEqual([])
  })
})

describe('A damaged row that nobody needs to run the session', () => {
  afterEach(() => world.end())

  it('hides nothing else: a user id, or a fact of the log', async () => {
    world = await World.start()
    await world.linked('bad')
    world.kill()
    const { streamId } = world.stored.sessions.find('bad')!
    world.disk.damage(`UPDATE sessions SET user_id = '"torn' WHERE stream_id = ?`, streamId)
    world.disk.damage(`UPDATE events SET data = '{"at' WHERE stream_id = ? AND seq = 3`, streamId)
    world.disk.damage(`UPDATE events SET context = '{' WHERE stream_id = ? AND seq = 2`, streamId)
    await world.boot()
    await world.openSocket('bad')
    expect((await world.queries.list({ limit: 9 })).sessions).toMatchObject([
      { userId: '"torn', state: 'open' },
    ])
    const { events } = await world.queries.events('bad', 0, 100)
    expect([events[2]!.data, events[0]!.type]).toEqual([{ unreadable: true }, 'session.created'])
    await expect(world.queries.at('bad', 2)).rejects.toThrow(
      expect.objectContaining({ code: 'SESSION_UNREADABLE' }),
    )
    expect((await world.queries.at('bad', 4)).state).toBe(events[3]!.snapshot!.state)
    void world.commands.delete('bad', world.clock.now() + 1000)
    await world.settle()
    world.whatsapp.socketOf('bad').report({ type: 'logout.confirmed' })
    await world.settle()
  })
})

describe('A session whose credentials cannot be read', () => {
  afterEach(() => world.end())
  const unreadable = {
    type: 'socket.closed',
    code: 0,
    reaction: 'suspend',
    reason: 'credentials_corrupt',
    reasonText: 'x',
  } as const

  it('is deleted here, and its id is free again', async () => {
    world = await World.start()
    ;(await world.linked('bad')).report(unreadable)
    await world.settle()
    const deleting = world.commands.delete('bad', world.clock.now() + 1000)
    await world.settle()
    world.whatsapp.socketOf('bad').report(unreadable)
    await world.settle()
    expect(await deleting).toEqual({ done: true })
    expect([world.stored.sessions.find('bad'), world.supervisor.warnings()]).toEqual([null, []])
    await world.commands.start({ sessionId: 'bad', userId: 8 })
    await world.commands.delete('bad', world.clock.now() + 1000)
  })

  it('is logged out here, says so, and can be linked again', async () => {
    world = await World.start()
    ;(await world.linked('bad')).report(unreadable)
    await world.settle()
    const out = world.commands.logout('bad', world.clock.now() + 1000)
    await world.settle()
    world.whatsapp.socketOf('bad').report(unreadable)
    await world.settle()
    expect(await out).toMatchObject({
      done: true,
      session: {
        state: 'loggedOut',
        reason: 'logged_out',
        reasonText: expect.stringMatching(/remove the device on the phone/),
      },
    })
    expect(world.disk.committed.some(({ erase }) => erase === 'keys')).toBe(true)
    await world.commands.start({ sessionId: 'bad', userId: 7 })
    expect(world.state('bad')).toBe('starting.connecting')
  })
})

describe('A session that cannot go on for another reason', () => {
  afterEach(() => world.end())

  it('stands still, and the others open', async () => {
    world = await World.start()
    await world.linked('bad')
    await world.linked('good')
    world.kill()
    await world.boot(({ store, stored }) => {
      const { unsent } = store.messages
      const { streamId } = stored.sessions.find('bad')!
      store.messages.unsent = async one => {
        if (one === streamId) throw new TypeError('secret text of a row')
        return unsent(one)
      }
    })
    await world.openSocket('good')
    expect(world.state('good')).toBe('open.settling')
  })

  it('and has no credentials that can be read is named in the warnings until it is gone', async () => {
    world = await World.start()
    const socket = await world.linked('bad')
    socket.report({
      type: 'socket.closed',
      code: 0,
      reaction: 'suspend',
      reason: 'credentials_corrupt',
      reasonText: 'x',
    })
    await world.settle()
    const warned = [{ code: 'CREDENTIALS_UNREADABLE', message: expect.stringMatching(/\(bad\)/) }]
    expect(world.supervisor.warnings()).toMatchObject(warned)
    world.kill()
    await world.boot()
    expect(world.supervisor.warnings()).toMatchObject(warned)
  })
})
