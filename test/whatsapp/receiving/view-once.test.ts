import { randomBytes } from 'node:crypto'
import { writeRandomPadMax16 } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { wire } from '../../../simulator/content/wire.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const PN = '34600000001'
const ANA = '34611000001'
let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld({ inboundFromMe: true })
  owner = await world.linked(PN)
  await owner.opened()
})
afterAll(() => world.close())

const ana = () => world.sim.contact(ANA)
const once = (viewOnce: 'stub' | 'copy' | 'stub-first' | 'copy-first', to = PN) =>
  ana().say(to, { image: randomBytes(50), viewOnce: true }, { viewOnce })
const told = (id: string) => owner.received_.filter(({ message }) => message.message_id === id)
const isDone = () => vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)

describe('a picture that may be seen once', () => {
  it.each([
    'copy',
    'stub-first',
    'copy-first',
  ] as const)('is told of once, as what it is: %s', async order => {
    const group = world.sim.group('Orders', [PN, ANA])
    const said = [await once(order), await once(order, group.jid)]
    for (const { id } of said) await vi.waitFor(() => expect(told(id)).toHaveLength(1), WAIT)
    await isDone()
    await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
    expect(world.sim.ledger.wrong).toEqual([])
    for (const { id } of said) {
      const [one] = told(id)
      expect(one!.message).toMatchObject({
        type: 'image',
        view_once: true,
        media: { mimetype: 'image/jpeg' },
      })
      expect(one!.media).toBeDefined()
    }
  })

  it('is told of as what nobody here can see when no copy comes', async () => {
    const { id } = await once('stub')
    await vi.waitFor(() => expect(told(id)).toHaveLength(1), WAIT)
    expect(told(id)[0]!.message).toMatchObject({
      type: 'unsupported',
      body: 'viewOnceMessage',
      view_once: true,
    })
    await isDone()
    expect(world.sim.ledger.undecryptable).toEqual([])
  })

  it.each([
    ['stub', 'view_once'],
    ['stub of the other name', 'view_once_unavailable_fanout'],
  ])('is acked and no more as a %s, whoever sent it, and told of once', async (_, unavailable) => {
    const group = world.sim.group('Orders', [PN, ANA])
    const own = world.sim.phone(PN).contact
    const said = [
      await ana().say(PN, 'seen once', { unavailable }),
      await ana().say(group.jid, 'seen once', { unavailable }),
      await own.say(ANA, 'shown once', { unavailable }),
      await own.say(ANA, 'shown once', { unavailable, anonymous: true }),
    ]
    for (const { id } of said) await vi.waitFor(() => expect(told(id)).toHaveLength(1), WAIT)
    await isDone()
    expect(said.map(({ id }) => told(id)[0]!.message)).toMatchObject(
      said.map((_, i) => ({
        view_once: true,
        from_me: i > 1,
        chat_id: i === 1 ? group.jid : told(said[0]!.id)[0]!.message.chat_id,
      })),
    )
    const { acknowledged, wrong, unanswered } = world.sim.ledger
    expect(said.map(({ id }) => acknowledged.find(line => line.id === id)?.by)).toEqual(said.map(() => 'ack'))
    expect([wrong, unanswered, world.sim.unacked]).toEqual([[], [], []])
  })

  it('is told of after all when its copy comes late, under a key of its own', async () => {
    const { id } = await once('stub')
    await vi.waitFor(() => expect(told(id)).toHaveLength(1), WAIT)
    await ana().say(PN, { image: randomBytes(50), viewOnce: true }, { viewOnce: 'copy', id })
    await vi.waitFor(() => expect(told(id)).toHaveLength(2), WAIT)
    expect(told(id)[1]!.message).toMatchObject({ type: 'image', view_once: true })
    expect(new Set(told(id).map(({ dedupeKey }) => dedupeKey)).size).toBe(2)
    await isDone()
  })

  it('is told of at the end of a socket that still waited for a copy', async () => {
    const { id } = await once('stub')
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(1), WAIT)
    await owner.socket!.end()
    expect(told(id)).toHaveLength(1)
    expect(await owner.unfinished()).toBe(0)
    await owner.opened()
  })

  it('is what it is, too, when both waited in the inbox through a crash', async () => {
    const { streamId } = await world.linked('34600000002')
    const attrs = { from: `${ANA}@s.whatsapp.net`, id: 'CRASHED', t: '1790000000' }
    const unavailable = { tag: 'unavailable', attrs: { type: 'view_once' } }
    const plaintext = writeRandomPadMax16(wire({ 55: { 1: { 3: { 3: 'words' } } } }))
    const put = (hash: string, children: object[], plaintext: Uint8Array) => ({
      put: { hash, plaintext, stanza: JSON.stringify({ attrs, children }), at: 1 },
    })
    const stub = put('stub', [unavailable], new Uint8Array(0))
    await world.store.commit({ streamId, epoch: 1, inbox: [stub, put('copy', [], plaintext)] })
    expect(await world.whatsApp.recover(streamId)).toMatchObject([
      { inboxHash: 'copy', message: { message_id: 'CRASHED', type: 'image', view_once: true } },
    ])
  })
})
