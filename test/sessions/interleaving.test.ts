import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHistory } from '../../src/sessions/history.ts'
import { incoming } from './fakes.ts'
import { World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => {
  world.disk.releaseReads()
  return world.end()
})

/** What is asked, while all that `meanwhile` does happens; reads see what was before it, or after it. */
async function asking<Answer>(
  ask: () => Promise<Answer>,
  meanwhile: () => Promise<unknown>,
  when: 'asked' | 'answered' = 'asked',
): Promise<Answer> {
  world.disk.holdReads(when)
  const answer = ask()
  answer.catch(() => {})
  await world.settle()
  await meanwhile()
  await world.settle()
  world.disk.releaseReads()
  return answer
}
const known = { now: () => 0, takenAt: () => null, causeOf: () => null }
const gone = { code: 'SESSION_NOT_FOUND' }
const erased = () => world.entry().actor.delete()
/** Made again: its first life was of 5 facts or more. */
async function madeAgain() {
  await erased()
  await world.supervisor.create({ sessionId: 's1', userId: 8 })
}

describe('A session that is deleted while it is read', () => {
  const history = () => createHistory(world.store, world.queries, known)
  const page = { before: null, limit: 10 }
  const chat = '34611111111@s.whatsapp.net'
  const reads: [string, () => Promise<unknown>][] = [
    ['its facts', () => world.queries.events('s1', 0, 10)],
    ['a moment', () => world.queries.at('s1', 2)],
    ['a message', () => world.queries.message('s1', 'A')],
    ['a chat', () => world.queries.chat('s1', chat, null, 10)],
    ['its facts on the page', () => history().facts('s1', { ...page, kind: 'all' })],
    ['its newer facts', () => history().since('s1', 1, 10, 'all')],
    ['a moment on the page', () => history().moment('s1', 2)],
    ['its chats', () => history().chats('s1', page)],
    ['a chat on the page', () => history().chat('s1', chat, page)],
  ]
  beforeEach(async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('A')])
  })

  it.each(reads)('is not there any more: %s', async (_, read) => {
    await expect(asking(read, erased)).rejects.toMatchObject(gone)
  })

  it.each(reads)('is not there any more, though it was found before: %s', async (_, read) => {
    const { find } = world.store.sessions
    let deleted = false
    world.store.sessions.find = async id => {
      const row = await find(id)
      if (!deleted) await erased()
      deleted = true
      return row
    }
    await expect(read()).rejects.toMatchObject(gone)
    expect(deleted).toBe(true)
  })

  it('and made again is read anew', async () => {
    const { events } = await asking(() => world.queries.events('s1', 0, 10), madeAgain)
    expect(events.map(({ type }) => type)).not.toContain('session.deleted')
    expect(new Set(events.map(({ streamId }) => streamId))).toEqual(new Set([world.entry().actor.streamId]))
    await expect(asking(() => world.queries.message('s1', 'A'), madeAgain)).rejects.toMatchObject({
      code: 'MESSAGE_NOT_FOUND',
    })
  })

  it('leaves a list of all, which shows it or not', async () => {
    const { sessions } = await asking(() => world.queries.list({ limit: 10 }), erased)
    expect(sessions.length).toBeLessThanOrEqual(1)
  })
})

describe('What is asked for at the same moment', () => {
  it('/start twice makes one session, and one socket', async () => {
    const [one, two] = await asking(
      () => Promise.all([1, 2].map(() => world.commands.start({ sessionId: 's1', userId: 7 }))),
      async () => {},
    )
    expect([one!.sessionId, two!.sessionId]).toEqual(['s1', 's1'])
    await world.settle()
    expect([...world.stored.sessions.all()]).toHaveLength(1)
    expect(world.whatsapp.sockets).toHaveLength(1)
  })

  it('/start and the deletion: whoever started hears that it is to start again', async () => {
    const answer = asking(() => world.commands.start({ sessionId: 's1', userId: 7 }), erased, 'answered')
    await expect(answer).rejects.toMatchObject({ code: 'DELETING' })
    expect(world.stored.sessions.find('s1')).toBeNull()
  })

  it('a send, which waits for no read', async () => {
    const socket = await world.linked()
    world.disk.holdReads()
    await world.commands.checkSend('s1')
    await world.settle()
    expect(socket.endCalls).toBe(0)
  })

  it('two deletions of a session that stands still, or one and a /start, run it once', async () => {
    await world.linked()
    const { state } = world.stored.sessions.find('s1')!
    const damage = (is: string) =>
      world.disk.damage(
        `UPDATE events SET state = ? WHERE (stream_id, seq) = (SELECT stream_id, state_seq FROM sessions)`,
        is,
      )
    world.kill()
    damage('open.nowhere')
    await world.boot()
    expect(world.supervisor.quarantined).toBe(1)
    damage(state)
    const asked = [
      () => world.commands.start({ sessionId: 's1', userId: 7 }),
      () => world.commands.restart('s1'),
      () => world.commands.delete('s1', world.clock.now()),
    ]
    const before = world.whatsapp.sockets.length
    world.disk.holdReads()
    const answers = asked.map(ask => ask().catch(() => {}))
    await world.settle()
    world.disk.releaseReads()
    await world.wait(1)
    await Promise.all(answers)
    expect(world.whatsapp.sockets.length - before).toBeLessThanOrEqual(1)
    expect(world.whatsapp.liveSockets().length).toBeLessThanOrEqual(1)
  })
})

describe('A process that is stopped', () => {
  it('while it reads its sessions runs none of them', async () => {
    for (const id of ['a', 'b', 'c']) await world.linked(id)
    world.kill()
    world.disk.holdReads()
    const booted = world.boot()
    await world.settle()
    const stopped = world.supervisor.stop()
    world.disk.releaseReads()
    await Promise.all([booted, stopped])
    await world.settle()
    expect(world.whatsapp.liveSockets()).toEqual([])
    expect(world.supervisor.find('a')).toBeUndefined()
    world.kill()
  })
})
