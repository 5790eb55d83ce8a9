import { writeRandomPadMax16 } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { wire } from '../../../simulator/content/wire.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const PN = '34600000001'
const ANA = '34611000001'
const POLL = { raw: wire({ 119: { 2: 'Where?', 3: [{ 1: 'Here' }, { 1: 'There' }], 4: 1 } }) }
let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld({ inboundFromMe: true, inboundIgnore: [] })
  owner = await world.linked(PN)
  await owner.opened()
})
afterAll(() => world.close())

const got = (id: string) =>
  vi.waitFor(() => {
    const found = owner.received_.find(({ message }) => message.message_id === id)
    if (!found) throw new Error(`no ${id}`)
    return found
  }, WAIT)
const ana = () => world.sim.contact(ANA)
const asked = { type: 'poll', body: 'Where?', caption: 'Here\nThere' }

describe('a message that is newer than the protobuf of Baileys', () => {
  it('is handed over as what it is, from chats, groups, the own phone and newsletters', async () => {
    const meta = { stanzaType: 'poll', meta: { polltype: 'creation' } }
    const direct = await ana().say(PN, POLL, meta)
    const group = world.sim.group('Orders', [PN, ANA])
    await ana().say(group.jid, 'the key comes with this one')
    const inGroup = await ana().say(group.jid, POLL, meta)
    const own = await world.sim.phone(PN).contact.say(ANA, POLL, meta)
    const news = world.sim.newsletter('News')
    news.subscribe(PN)
    const post = news.post(POLL)
    for (const { id } of [direct, inGroup, own, post]) expect((await got(id)).message).toMatchObject(asked)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
  })

  it('is so, too, when the own phone sends it again because WhatsApp had a placeholder only', async () => {
    const { id } = await ana().say(PN, POLL, { unavailable: true })
    expect((await got(id)).message).toMatchObject({ ...asked, from: ANA })
  })

  it('is so, too, when it waited in the inbox through a crash', async () => {
    const away = await world.linked('34600000002')
    const stanza = { attrs: { from: `${ANA}@s.whatsapp.net`, id: 'CRASHED', t: '1790000000' }, children: [] }
    const plaintext = writeRandomPadMax16(POLL.raw)
    const put = { hash: 'h', plaintext, stanza: JSON.stringify(stanza), at: 1 }
    await world.store.commit({ streamId: away.streamId, epoch: 1, inbox: [{ put }] })
    const recovered = await world.whatsApp.recover(away.streamId)
    expect(recovered).toMatchObject([{ inboxHash: 'h', message: { message_id: 'CRASHED', ...asked } }])
  })

  it('says which message it takes the place of, also when the own phone sent both', async () => {
    const own = world.sim.phone(PN).contact
    for (const [from, to] of [
      [ana(), PN],
      [own, ANA],
    ] as const) {
      const sd = await from.say(to, { image: Buffer.from('sd') }, { parentOf: 'hd-image' })
      const hd = await from.say(to, { image: Buffer.from('hd') }, { childOf: { id: sd.id, as: 'hd-image' } })
      const edit = await from.edit(to, hd.id, 'better words')
      expect((await got(sd.id)).message).not.toHaveProperty('replaces')
      expect((await got(hd.id)).message).toMatchObject({ type: 'image', replaces: sd.id })
      expect((await got(edit.id)).message).toMatchObject({
        type: 'edit',
        body: 'better words',
        reply_to: sd.id,
      })
    }
  })

  it('is unsupported under its number when nobody here knows it', async () => {
    const { id } = await ana().say(PN, { raw: wire({ 140: { 1: 'words' } }) })
    expect((await got(id)).message).toMatchObject({ type: 'unsupported', body: 'field 140' })
  })
})
