import { proto } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { resentMessagesIn } from '../../../src/whatsapp/receiving/resent-messages.ts'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const PN = '34600000001'
let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked(PN)
  await owner.opened()
})
afterAll(() => world.close())

const bodies = () => owner.received_.map(({ message }) => message.body)
const told = (body: string) => vi.waitFor(() => expect(bodies()).toContain(body), WAIT)
const nothingUnfinished = () => vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)

describe('a message of which WhatsApp has only a placeholder', () => {
  it('is handed over once, with the content from the phone and the name from the placeholder', async () => {
    const ana = world.sim.contact('34611000001', { name: 'Ana' })
    const { id } = await ana.say(PN, 'from the phone', { unavailable: true })
    await told('from the phone')
    await nothingUnfinished()
    expect(bodies()).toEqual(['from the phone'])
    expect(owner.received_[0]).toMatchObject({
      dedupeKey: `${ana.account.lidJid}||0|${id}`,
      inboxHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      message: { message_id: id, push_name: 'Ana', from: ana.pn, from_lid: ana.account.lidJid },
    })
  })

  it('of a group is handed over once, with its author', async () => {
    const bea = world.sim.contact('34611000002')
    const group = world.sim.group('resent', [PN, bea.pn])
    const { id } = await bea.say(group.jid, 'in the group', { unavailable: true })
    await told('in the group')
    expect(owner.received_.at(-1)).toMatchObject({
      dedupeKey: `${group.jid}|${bea.account.lidJid}|0|${id}`,
      message: { chat_id: group.jid, participant: bea.account.lidJid },
    })
    await nothingUnfinished()
    expect(bodies().filter(body => body === 'in the group')).toHaveLength(1)
  })
})

describe('the answer of a phone to a placeholder request', () => {
  const { Type } = proto.Message.ProtocolMessage
  const info = { key: { remoteJid: '1@lid', fromMe: false, id: 'A' }, message: { conversation: 'hi' } }
  const bytes = proto.WebMessageInfo.encode(info).finish()
  const answer = (
    results: (Uint8Array | null)[],
    type = Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
  ) => ({
    protocolMessage: {
      type,
      peerDataOperationRequestResponseMessage: {
        peerDataOperationResult: results.map(webMessageInfoBytes => ({
          placeholderMessageResendResponse: { webMessageInfoBytes },
        })),
      },
    },
  })
  const me = { remoteJid: '2@s.whatsapp.net', fromMe: true, id: 'P' }
  const ids = (message: proto.IMessage | null, key = me) =>
    resentMessagesIn({ key, message }).map(({ key }) => key.id)

  it('holds all messages in it that can be read', () => {
    expect(ids(answer([bytes, null, new Uint8Array(0), Buffer.from('nonsense'), bytes]))).toEqual(['A', 'A'])
  })

  it('is believed from our own phone only, and in no other kind of message', () => {
    expect(ids(answer([bytes]), { ...me, fromMe: false })).toEqual([])
    expect(ids(answer([bytes], Type.REVOKE))).toEqual([])
    expect(ids(null)).toEqual([])
    expect(ids({ protocolMessage: { type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE } })).toEqual([])
  })
})
