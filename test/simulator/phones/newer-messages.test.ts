import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { wire } from '../../../simulator/content/wire.ts'
import { messageOf } from '../media-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
/** A text, and a field that Baileys does not know. */
const RAW = { raw: wire({ 1: 'old words', 140: { 1: 'new words' } }) }

async function oneLinked() {
  const { simulator, linked } = await startSimulator()
  return { simulator, ana: simulator.contact(ANA), ...(await linked(SHOP)) }
}

describe('a message that was written by number', () => {
  it('arrives with its bytes, in direct chats and in groups, under the type and meta that were wanted', async () => {
    const { simulator, ana, one } = await oneLinked()
    const stanzas: { attrs: Record<string, string>; content: { tag: string; attrs: object }[] }[] = []
    one.socket!.ws.on('CB:message', stanza => stanzas.push(stanza))
    await ana.say(SHOP, RAW, { stanzaType: 'poll', meta: { polltype: 'creation' } })
    await one.upsert('old words')
    const group = simulator.group('Orders', [SHOP, ANA])
    await ana.say(group.jid, { raw: wire({ 1: 'in a group', 140: 1 }) })
    await one.upsert('in a group')
    expect(stanzas[0]!.attrs.type).toBe('poll')
    expect(stanzas[0]!.content).toContainEqual({ tag: 'meta', attrs: { polltype: 'creation' } })
    expect(ana.said(one.upserts[0]!.message.key.id!)?.raw).toEqual(RAW.raw)
  })

  it('reaches the own linked devices inside a copy', async () => {
    const { simulator, one } = await oneLinked()
    simulator.contact(ANA)
    await simulator.phone(SHOP).contact.say(ANA, RAW)
    const { message } = await one.upsert('old words')
    expect(message.key.fromMe).toBe(true)
  })
})

describe('a picture that may be seen once', () => {
  it.each([
    ['stub', [false]],
    ['copy', [true]],
    ['stub-first', [false, true]],
    ['copy-first', [true, false]],
  ] as const)('reaches linked devices as %s, all under one id', async (viewOnce, contents) => {
    const { ana, one, device } = await oneLinked()
    const { id } = await ana.say(SHOP, { image: randomBytes(100), viewOnce: true }, { viewOnce })
    await vi.waitFor(() => expect(one.upserts).toHaveLength(contents.length), 10_000)
    // Baileys answers a stub with a receipt, where an ack is due.
    await vi.waitFor(() => expect(device.pending).toBe(contents.filter(content => !content).length))
    expect(one.upserts.map(({ message }) => message.key.id)).toEqual(contents.map(() => id))
    expect(
      one.upserts.map(({ message }) => Boolean(message.message?.viewOnceMessageV2?.message?.imageMessage)),
    ).toEqual(contents)
  })
})

describe('a picture in two qualities', () => {
  it('comes as two messages, of which the second names the first; an edit of it says so, too', async () => {
    const { ana, one } = await oneLinked()
    const sd = await ana.say(SHOP, { image: randomBytes(100), caption: 'sd' }, { parentOf: 'hd-image' })
    const hd = await ana.say(
      SHOP,
      { image: randomBytes(200), caption: 'hd' },
      { childOf: { id: sd.id, as: 'hd-image' } },
    )
    await ana.edit(SHOP, hd.id, 'better words')
    await vi.waitFor(() => expect(one.upserts).toHaveLength(3), 10_000)
    const [first, second, third] = one.upserts.map(({ message }) => message.message!)
    const association = { associationType: 10, parentMessageKey: { id: sd.id, fromMe: true } }
    expect(first!.imageMessage!.contextInfo!.pairedMediaType).toBe(3)
    expect(second!.associatedChildMessage!.message!.imageMessage!.contextInfo!.pairedMediaType).toBe(4)
    expect(second!.messageContextInfo!.messageAssociation).toMatchObject(association)
    expect(third!.messageContextInfo!.messageAssociation).toMatchObject(association)
    expect(third!.editedMessage!.message!.protocolMessage).toMatchObject({
      key: { id: hd.id },
      editedMessage: { associatedChildMessage: { message: { conversation: 'better words' } } },
    })
  })
})

describe('a file of a newsletter', () => {
  it('lies on the media host as it is, without a key', async () => {
    const { simulator, one } = await oneLinked()
    const news = simulator.newsletter('News')
    news.subscribe(SHOP)
    const file = randomBytes(3000)
    const { id } = await news.postFile({ image: file })
    const { imageMessage } = (await messageOf(one, id)).message!
    expect(imageMessage!.mediaKey?.length ?? 0).toBe(0)
    expect(Buffer.from(imageMessage!.fileSha256!)).toEqual(createHash('sha256').update(file).digest())
    const stored = simulator.media.files.find(imageMessage!.directPath!)!
    const chunks: Buffer[] = []
    for await (const chunk of simulator.media.files.read(stored)) chunks.push(chunk)
    expect(Buffer.concat(chunks)).toEqual(file)
  })
})
