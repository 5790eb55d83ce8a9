import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { SendContent } from '../../src/messages/send.ts'
import type { Write } from '../../src/ports/store.ts'
import { createGatedWorld, type GatedWorld } from './gated-store.ts'
import { WAIT } from './world.ts'

let world: GatedWorld['world']
let gate: GatedWorld['gate']
let owner: GatedWorld['owner']
let roundTrip: GatedWorld['roundTrip']
beforeAll(async () => {
  ;({ world, gate, owner, roundTrip } = await createGatedWorld())
})
afterAll(() => world.close())

const text = (to: string, body: string): SendContent => ({ type: 'text', to, body, reply_to: null })
const writesSession = ({ keys }: Write) => keys?.some(({ type }) => type === 'session') === true

describe('the ratchet of a peer', () => {
  it('is durable before a message leaves', async () => {
    const ana = world.sim.contact('34611000001')
    const first = world.whatsApp.newMessageId()
    await owner.socket!.send(first, text(ana.account.jid, 'first'))
    await ana.next()
    const id = world.whatsApp.newMessageId()
    const held = gate.hold(writesSession)
    const sent = owner.socket!.send(id, text(ana.account.jid, 'held'))
    await held.reached
    await roundTrip()
    expect(world.sim.ledger.accepted.some(entry => entry.id === id)).toBe(false)
    held.release()
    await sent
    expect(await ana.next()).toMatchObject({ id, text: 'held' })
  })

  it('is durable in one commit with the plaintext before a message is acknowledged', async () => {
    const bea = world.sim.contact('34611000002')
    await bea.say('34600000001', 'warm up')
    await owner.texts(1)
    const held = gate.hold(({ inbox }) => inbox?.some(row => 'put' in row) === true)
    const from = gate.writes.length
    const { id } = await bea.say('34600000001', 'held')
    await held.reached
    await roundTrip()
    expect(world.sim.ledger.acknowledged.some(entry => entry.id === id)).toBe(false)
    const write = gate.writes.slice(from).find(({ inbox }) => inbox)!
    expect(writesSession(write)).toBe(true)
    held.release()
    expect(await owner.texts(2)).toEqual(['warm up', 'held'])
    await vi.waitFor(
      () => expect(world.sim.ledger.acknowledged.some(entry => entry.id === id)).toBe(true),
      WAIT,
    )
  })

  it('moves on while its last step is not durable: what follows is decrypted, and nothing is acknowledged or told', async () => {
    const dora = world.sim.contact('34611000005')
    const from = gate.writes.length
    const before = owner.received_.length
    const held = gate.hold(({ inbox }) => inbox?.some(row => 'put' in row) === true)
    const said = [await dora.say('34600000001', 'first'), await dora.say('34600000001', 'second')]
    await held.reached
    await vi.waitFor(
      () => expect(gate.writes.slice(from).filter(({ messages }) => messages)).toHaveLength(2),
      WAIT,
    )
    await roundTrip()
    const ids = said.map(({ id }) => id)
    expect(world.sim.ledger.acknowledged.filter(({ id }) => ids.includes(id))).toEqual([])
    expect(owner.received_.length).toBe(before)
    held.release()
    expect((await owner.texts(before + 2)).slice(before)).toEqual(['first', 'second'])
    await vi.waitFor(
      () => expect(world.sim.ledger.acknowledged.filter(({ id }) => ids.includes(id))).toHaveLength(2),
      WAIT,
    )
  })

  it('is committed with its plaintext also when other accounts talk with the same peer', async () => {
    const shared = world.sim.contact('34611000003')
    const others = await Promise.all(
      ['34600000011', '34600000012', '34600000013'].map(pn => world.linked(pn)),
    )
    for (const other of others) {
      Object.assign(other, { via: owner.via, on: gate.store })
      await other.opened()
    }
    const accounts = ['34600000001', '34600000011', '34600000012', '34600000013']
    const from = gate.writes.length
    for (let i = 0; i < 10; i++) {
      await Promise.all(accounts.map(pn => shared.say(pn, `to ${pn} ${i}`)))
    }
    for (const other of others) {
      await other.texts(10)
      await vi.waitFor(async () => expect(await other.unfinished()).toBe(0), WAIT)
    }
    const peer = `${shared.account.lid}_1.0`
    const ratchets = gate.writes.slice(from).filter(({ keys }) => keys?.some(({ id }) => id === peer))
    expect(ratchets.length).toBeGreaterThanOrEqual(40)
    expect(ratchets.filter(({ inbox }) => inbox?.length !== 1)).toEqual([])
  })

  it('that cannot be stored ends the socket before the message is acknowledged, and the message comes again', async () => {
    const cleo = world.sim.contact('34611000004')
    await cleo.say('34600000001', 'warm up')
    await vi.waitFor(() => expect(owner.received_.at(-1)?.message.body).toBe('warm up'), WAIT)
    const before = owner.received_.length
    const facts = owner.facts.length
    gate.refuse = ({ inbox }) => inbox?.some(row => 'put' in row) === true
    const { id } = await cleo.say('34600000001', 'on a full disk')
    const closed = await owner.fact('socket.closed', facts)
    expect(closed).toMatchObject({ reaction: 'backoff', reason: 'store_failed' })
    expect(world.sim.ledger.acknowledged.some(entry => entry.id === id)).toBe(false)
    gate.refuse = undefined
    await owner.opened()
    expect((await owner.texts(before + 1)).slice(before)).toEqual(['on a full disk'])
    expect(world.sim.ledger.undecryptable).toEqual([])
  })

  it('that cannot be read ends the socket before the message counts as one that cannot be decrypted', async () => {
    const finn = world.sim.contact('34611000006')
    const before = owner.received_.length
    const facts = owner.facts.length
    gate.isSilent = true
    const { id } = await finn.say('34600000001', 'while the server is away')
    const closed = await owner.fact('socket.closed', facts)
    expect(closed).toMatchObject({ reaction: 'backoff', reason: 'store_failed' })
    expect(world.sim.ledger.acknowledged.some(entry => entry.id === id)).toBe(false)
    gate.isSilent = false
    await owner.opened()
    expect((await owner.texts(before + 1)).slice(before)).toEqual(['while the server is away'])
    expect(world.sim.ledger.undecryptable).toEqual([])
  })
})

describe('the credentials of a session', () => {
  it('are durable before WhatsApp hears that a new link is accepted', async () => {
    const fresh = await world.owner('fresh')
    fresh.via = owner.via
    fresh.open()
    await fresh.fact('socket.qr')
    const held = gate.hold(({ keys }) => keys?.some(({ type }) => type === 'creds') === true)
    const scanned = world.sim.phone('34600000005').scan(world.vault.read('fresh')!.text)
    await held.reached
    await roundTrip()
    expect(fresh.facts.map(fact => fact.type)).toEqual(['socket.qr'])
    let accepted = false
    void scanned.then(() => {
      accepted = true
    })
    await roundTrip()
    expect(accepted).toBe(false)
    held.release()
    await scanned
    expect(await fresh.fact('socket.closed')).toMatchObject({ reaction: 'reconnectNow' })
    expect(
      Object.keys(await world.store.keys.get(fresh.streamId, 'creds', ['0', '1', '2'])).length,
    ).toBeGreaterThan(0)
  })

  it('are saved once for all changes of one tick, and not at all without a change', async () => {
    const from = gate.writes.length
    await owner.socket!.end()
    await owner.opened()
    await roundTrip()
    const saves = gate.writes.slice(from).filter(({ keys }) => keys?.some(({ type }) => type === 'creds'))
    expect(saves.length).toBeLessThanOrEqual(3)
    const again = gate.writes.length
    await owner.socket!.end()
    await owner.opened()
    await roundTrip()
    expect(gate.writes.slice(again).filter(({ keys }) => keys?.some(({ type }) => type === 'creds'))).toEqual(
      [],
    )
  })

  it('that cannot be read suspend the session and are not overwritten', async () => {
    const broken = await world.owner('broken')
    const value = Buffer.from('not credentials')
    await world.store.commit({
      streamId: broken.streamId,
      epoch: 1,
      keys: [{ type: 'creds', id: '0', value }],
    })
    const connections = world.sim.counters.connections
    const socket = await broken.open()
    expect(broken.facts).toEqual([])
    expect(await broken.fact('socket.closed')).toMatchObject({
      code: 0,
      reaction: 'suspend',
      reason: 'credentials_corrupt',
    })
    await expect(socket.send('x', text('1@lid', 'x'))).rejects.toMatchObject({
      code: 'SESSION_NOT_CONNECTED',
    })
    await socket.end()
    await roundTrip()
    expect(broken.facts).toHaveLength(1)
    expect(world.sim.counters.connections).toBe(connections)
    expect(await world.store.keys.get(broken.streamId, 'creds', ['0', '1', '2'])).toEqual({
      '0': new Uint8Array(value),
    })
  })

  it('of an unfinished pairing are dropped: the next socket shows a QR instead of logging in', async () => {
    const half = await world.owner('half')
    half.open()
    await half.fact('socket.qr')
    await half.socket!.end()
    expect(await world.store.keys.get(half.streamId, 'creds', ['0', '1', '2'])).toEqual({})
    const from = half.facts.length
    half.open()
    await half.fact('socket.qr', from)
    await half.socket!.end()
  })
})

it('A receipt is acknowledged once its status is stored, and sends do not wait for that', async () => {
  const eva = world.sim.contact('34611000020')
  const stored = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const id = world.whatsApp.newMessageId()
  owner.stored = async ({ messageId, status }) => {
    if (messageId !== id || status !== 'delivered') return
    reached.resolve()
    await stored.promise
  }
  await owner.socket!.send(id, text(eva.account.jid, 'is it there?'))
  await reached.promise
  await roundTrip()
  const unacked = () => world.sim.unacked.map(({ id }) => id)
  expect(unacked()).toContain(id)
  const next = world.whatsApp.newMessageId()
  await owner.socket!.send(next, text(eva.account.jid, 'this does not wait for it'))
  await vi.waitFor(() => expect(world.sim.ledger.accepted.map(({ id }) => id)).toContain(next), WAIT)
  expect(unacked()).toContain(id)
  stored.resolve()
  await vi.waitFor(() => expect(unacked()).not.toContain(id), WAIT)
  owner.stored = undefined
})

it('A receipt whose status cannot be stored is never acknowledged', async () => {
  const eva = world.sim.contact('34611000021')
  const id = world.whatsApp.newMessageId()
  owner.stored = async ({ messageId, status }) => {
    if (messageId === id && status === 'delivered') throw new Error('disk full')
  }
  await owner.socket!.send(id, text(eva.account.jid, 'is it there?'))
  await owner.update(id, 'delivered')
  await roundTrip()
  expect(world.sim.unacked.map(one => one.id)).toContain(id)
  owner.stored = undefined
  await owner.socket!.end()
  const from = owner.updates.length
  await owner.opened()
  await vi.waitFor(
    () => expect(owner.updates.slice(from)).toMatchObject([{ messageId: id, status: 'delivered' }]),
    WAIT,
  )
})
