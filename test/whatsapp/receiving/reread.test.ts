import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { wire } from '../../../simulator/content/wire.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const PN = '34600000001'
const ANA = '34611000001'
let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked(PN)
  await owner.opened()
})
afterAll(() => world.close())

async function got(raw: Uint8Array, to = PN) {
  const { id } = await world.sim.contact(ANA).say(to, { raw })
  await vi.waitFor(() => {
    if (!owner.received_.some(({ message }) => message.message_id === id)) throw new Error(`no ${id}`)
  }, WAIT)
  return owner.received_.find(({ message }) => message.message_id === id)!
}

describe('a message that nobody here can read', () => {
  it('is handed over with its encoding, one that can be read without', async () => {
    const raw = wire({ 140: { 1: 'words' } })
    expect(Buffer.from((await got(raw)).unread!)).toEqual(Buffer.from(raw))
    const group = world.sim.group('Orders', [PN, ANA])
    expect(Buffer.from((await got(raw, group.jid)).unread!)).toEqual(Buffer.from(raw))
    expect((await got(wire({ 1: 'words' }))).unread).toBeUndefined()
  })

  it('is kept up to a size', async () => {
    expect((await got(wire({ 140: Buffer.alloc(70_000, 1) }))).unread).toBeUndefined()
  })

  it('is read again by a version that can, as from the same person in the same chat', async () => {
    const group = world.sim.group('Orders', [PN, ANA])
    const { message } = await got(wire({ 140: 1 }), group.jid)
    const poll = wire({ 119: { 2: 'Where?', 3: [{ 1: 'Here' }] } })
    const { type, body, caption, ...envelope } = message
    expect(await world.whatsApp.reread(owner.streamId, message, poll)).toEqual({
      message: { ...envelope, type: 'poll', body: 'Where?', caption: 'Here' },
    })
    expect([type, body, caption]).toEqual(['unsupported', 'field 140', null])
  })

  it('brings its file', async () => {
    const { message } = await got(wire({ 140: 1 }))
    const [key, hash] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    const image = wire({ 118: { 1: { 3: { 3: 'under it', 4: hash, 8: key, 11: '/v/x', 2: 'image/png' } } } })
    expect(await world.whatsApp.reread(owner.streamId, message, image)).toMatchObject({
      message: { type: 'image', caption: 'under it', media: { id: hash.toString('hex') } },
      media: { directPath: '/v/x', mediaKey: key.toString('base64') },
    })
  })

  it('stays unread when it is still nothing that can be read', async () => {
    const { message } = await got(wire({ 140: 1 }))
    for (const bytes of [wire({ 140: 1 }), wire({ 123: '' }), Buffer.from('nonsense')])
      expect(await world.whatsApp.reread(owner.streamId, message, bytes)).toBeNull()
  })
})
