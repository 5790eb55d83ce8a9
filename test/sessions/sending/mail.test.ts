import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import { MemoryMailbox } from '../../cluster/memory-mailbox.ts'
import { picture, text } from '../fakes.ts'
import { closedAs, World } from '../world.ts'
import { ANA, bodies, EVA, sendingIn } from './sending.ts'

let world: World
let mailbox: MemoryMailbox
beforeEach(async () => {
  mailbox = new MemoryMailbox()
  world = await World.start({ mailbox })
})
afterEach(() => world.end())

const { send, message, facts } = sendingIn(() => world)
const leave = (body: string, { to = ANA, key }: { to?: string; key?: string } = {}) =>
  world.commands.leaveSend!('s1', text(to, body), null, key)
/** The node of the session is gone; what comes then is left. */
const gone = async () => {
  await world.linked()
  world.kill()
}
/** Its next node has it, and WhatsApp's server. */
const taken = async () => {
  await world.boot()
  return world.openSocket()
}

describe('A send that was left while nobody had its session', () => {
  it('goes out under the id that was answered, in order, and before whatever its next node accepts', async () => {
    await gone()
    const [one, two] = [await leave('one'), await leave('two')]
    expect(one).toEqual({ messageId: expect.any(String), status: 'queued', address: `${ANA}@s.whatsapp.net` })
    const { promise, resolve } = Promise.withResolvers<void>()
    mailbox.held = promise
    const booting = world.boot()
    await vi.waitFor(() => expect(world.supervisor.find('s1')).toBeDefined())
    void send(ANA, 'three', 0)
    await world.settle()
    resolve()
    await booting
    void send(ANA, 'four', 0)
    await world.settle()
    const socket = await world.openSocket()
    for (const [i, id] of [one!.messageId, two!.messageId].entries())
      expect(socket.sent[i]).toMatchObject({ messageId: id })
    expect(bodies(socket)).toEqual(['one', 'two', 'three', 'four'])
    expect(mailbox.left).toEqual([])
    expect(facts(one!.messageId)).toEqual(['queued', 'transmitted'])
  })

  it('is known as queued from the moment its caller was answered', async () => {
    await gone()
    const left = await leave('one')
    expect(await world.queries.message('s1', left!.messageId)).toMatchObject({
      ...{ chatId: `${ANA}@s.whatsapp.net`, status: 'queued', seq: 0, history: [{ status: 'queued' }] },
    })
    await taken()
    expect(await world.queries.message('s1', left!.messageId)).toMatchObject({ status: 'transmitted' })
    await expect(world.queries.message('s1', 'NOBODY')).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' })
  })

  it('goes out once if its next node is gone before it has emptied the mailbox', async () => {
    await gone()
    const left = await leave('one')
    const [first] = mailbox.left
    const socket = await taken()
    expect(bodies(socket)).toEqual(['one'])
    socket.owner.updated({ messageId: left!.messageId, status: 'sent', at: world.clock.now() })
    await world.settle()
    world.kill()
    mailbox.left.push(first!)
    const next = await taken()
    expect(bodies(next)).toEqual([])
    expect(mailbox.left).toEqual([])
    expect(message(left!.messageId).status).toBe('sent')
  })

  it('wakes its session', async () => {
    world = await World.start({ mailbox, policy: 'hibernate' })
    await world.linked()
    await world.wait(31 * 60_000)
    expect(world.state()).toBe('reconnecting.hibernated')
    world.kill()
    await leave('one')
    await world.boot()
    expect(bodies(await world.openSocket())).toEqual(['one'])
  })

  it('is taken over by a node that runs the session all the time, at once', async () => {
    const socket = await world.linked()
    const left = await leave('one')
    await world.supervisor.residents.readMail([world.entry().actor.streamId, 'unknown'])
    await world.settle()
    expect(socket.sent).toMatchObject([{ messageId: left!.messageId }])
    expect(mailbox.left).toEqual([])
  })

  it('is taken over once, however often the mailbox is read at the same time', async () => {
    const socket = await world.linked()
    await leave('one')
    const { streamId } = world.entry().actor
    await Promise.all([1, 2, 3].map(() => world.supervisor.residents.readMail([streamId])))
    await world.settle()
    expect(bodies(socket)).toEqual(['one'])
  })

  it('has failed if its session was logged out meanwhile, and Laravel hears of it', async () => {
    world = await World.start({ mailbox, tellStatus: true })
    const socket = await world.linked()
    const left = await leave('one')
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    expect(world.state()).toMatch(/^loggedOut/)
    await world.supervisor.residents.readMail([world.entry().actor.streamId])
    await world.settle()
    expect(message(left!.messageId)).toMatchObject({ status: 'failed', error: /^SESSION_LOGGED_OUT/ })
    const told = world.disk.committed.flatMap(({ deliveries = [] }) => deliveries)
    expect(told.filter(({ kind }) => kind === 'receipt')).toHaveLength(1)
    expect(mailbox.left).toEqual([])
  })

  it('keeps its session from going on while the mailbox cannot be read: what comes next would overtake it', async () => {
    await gone()
    await leave('one')
    mailbox.fail = new GatewayError('STORE_FAILED', 'away', { says: 'server_away' })
    await world.boot()
    expect(world.whatsapp.liveSockets()).toEqual([])
    expect(world.supervisor.problem()).not.toBeNull()
    await world.wait(60_000)
    expect(bodies(await world.openSocket())).toEqual(['one'])
  })

  it('is none if an owner that was thought to be gone had sent it under the same key', async () => {
    const socket = await world.linked()
    const sending = world.commands.send('s1', text(ANA, 'one'), world.clock.now(), 'k')
    await world.wait(1)
    const { messageId } = await sending
    await leave('two', { to: EVA, key: 'other' })
    mailbox.left[0]!.send.promised!.key = 'k'
    await world.supervisor.residents.readMail([world.entry().actor.streamId])
    await world.settle()
    expect(socket.sent.map(sent => sent.messageId)).toEqual([messageId])
    expect(mailbox.left).toEqual([])
  })

  it('gets its file from its next node', async () => {
    await gone()
    await world.commands.leaveSend!('s1', picture(ANA, 'a cat'), null)
    expect(bodies(await taken())).toEqual(['a cat'])
  })
})

describe('Leaving a send', () => {
  it('is refused as its session would refuse it', async () => {
    await expect(leave('one')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await world.shown()
    await expect(leave('one')).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', status: 409 })
    await world.linked()
    const answer = { ...text(ANA, 'an answer'), reply_to: 'NOBODY' }
    const leaving = world.commands.leaveSend!('s1', answer, null)
    await expect(leaving).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(mailbox.left).toEqual([])
  })

  it('can be about what was left before', async () => {
    await gone()
    const first = await leave('one')
    const edit = { type: 'edit', body: 'other words', to: `${ANA}@s.whatsapp.net` } as const
    await world.commands.leaveSend!('s1', { ...edit, reply_to: first!.messageId }, null)
    expect(bodies(await taken())).toEqual(['one', 'other words'])
  })

  it('is nothing where somebody has the session', async () => {
    await world.linked()
    mailbox.owned = true
    expect(await leave('one')).toBeNull()
    expect(await leave('one', { key: 'k' })).toBeNull()
  })
})
