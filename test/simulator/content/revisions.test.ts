import {
  decryptPollVote,
  getAggregateVotesInPollMessage,
  normalizeMessageContent,
  proto,
  type WAMessageKey,
  WAMessageStubType,
} from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { pollOf, sealVote } from '../../../simulator/content/polls.ts'
import type { Client } from '../baileys-client.ts'
import { messageOf } from '../media-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const BOB = '34600000003'
const JID = `${ANA}@s.whatsapp.net`

async function scene() {
  const world = await startSimulator()
  const { one } = await world.linked(SHOP)
  const [ana, bob] = [world.simulator.contact(ANA), world.simulator.contact(BOB)]
  const group = world.simulator.group('Orders', [ANA, BOB, SHOP])
  return { ...world, one, ana, bob, group, seen: record(one) }
}

/** What Baileys tells of messages that change. */
function record({ socket }: Client) {
  const seen: { edits: string[]; deleted: string[]; reactions: string[] } = {
    edits: [],
    deleted: [],
    reactions: [],
  }
  socket!.ev.on('messages.update', updates => {
    for (const { key, update } of updates) {
      const edited = normalizeMessageContent(update.message)
      if (edited) seen.edits.push(`${key.id} ${edited.conversation ?? edited.imageMessage?.caption}`)
      if (update.messageStubType === WAMessageStubType.REVOKE) seen.deleted.push(`${key.id}`)
    }
  })
  socket!.ev.on('messages.reaction', reactions => {
    for (const { key, reaction } of reactions) seen.reactions.push(`${key.id} ${key.fromMe} ${reaction.text}`)
  })
  return seen
}

describe('a contact', () => {
  it.each(['direct', 'group'])('edits, deletes and reacts in a %s chat', async where => {
    const { one, ana, group, seen } = await scene()
    const to = where === 'group' ? group.jid : SHOP
    const first = await ana.say(to, 'frist')
    const second = await ana.say(to, 'second')
    await ana.edit(to, first.id, 'first')
    await ana.revoke(to, second.id)
    await vi.waitFor(() => expect(seen.deleted).toEqual([second.id]))
    expect(seen.edits).toEqual([`${first.id} first`])
    const sent = await one.socket!.sendMessage(where === 'group' ? to : JID, { text: 'from the shop' })
    const { id } = await ana.next()
    await ana.react(to, id, '👍')
    await ana.react(to, first.id, '🤔')
    await ana.react(to, id, '')
    await vi.waitFor(() => expect(seen.reactions).toHaveLength(3))
    expect(seen.reactions).toEqual([`${id} true 👍`, `${first.id} false 🤔`, `${id} true `])
    expect(id).toBe(sent?.key.id)
    const view = ana.view(to)
    expect([...view.keys()]).toEqual([first.id, second.id, id])
    expect(view.get(first.id)).toMatchObject({
      from: ANA,
      text: 'first',
      edited: true,
      deleted: false,
      reactions: { [ANA]: '🤔' },
    })
    expect(view.get(second.id)).toMatchObject({ text: '', deleted: true, message: {} })
    expect(view.get(id)).toMatchObject({ from: SHOP, text: 'from the shop', reactions: {} })
  })

  it('may not edit what another sent, nor delete it unless it made the group', async () => {
    const { one, ana, bob, group, seen } = await scene()
    const edits: (string | undefined)[] = []
    one.socket!.ws.on('CB:message', ({ attrs }: { attrs: Record<string, string> }) => edits.push(attrs.edit))
    const { id } = await bob.say(group.jid, 'spam')
    await vi.waitFor(() => expect(ana.inbox).toHaveLength(1))
    await expect(ana.edit(group.jid, id, 'nothing')).rejects.toThrow('did not say')
    const own = await ana.say(group.jid, 'rules')
    await expect(bob.revoke(group.jid, own.id)).rejects.toThrow('may not delete')
    await expect(bob.revoke(group.jid, 'NOSUCH')).rejects.toThrow('no message NOSUCH')
    await ana.revoke(group.jid, id)
    await vi.waitFor(() => expect(seen.deleted).toEqual([id]))
    await ana.edit(group.jid, own.id, 'the rules')
    await ana.revoke(group.jid, own.id)
    await vi.waitFor(() => expect(edits).toEqual([undefined, undefined, '8', '1', '7']))
    expect(bob.view(group.jid).get(id)?.deleted).toBe(true)
  })

  it('opens a poll and votes in one of the device, under the poll’s secret', async () => {
    const { one, ana, group } = await scene()
    const sent = await one.socket!.sendMessage(group.jid, {
      poll: { name: 'When?', values: ['now', 'later', 'never'], selectableCount: 2 },
    })
    const { id } = await ana.next()
    const vote = await ana.vote(group.jid, id, ['now', 'never'])
    const got = await messageOf(one, vote.id)
    const update = got.message!.pollUpdateMessage!
    expect(update.pollCreationMessageKey).toMatchObject({ id: sent!.key.id, fromMe: true })
    const decrypted = decryptPollVote(update.vote!, {
      pollCreatorJid: one.auth.creds.me!.lid!.replace(/:\d+@/, '@'),
      pollMsgId: id,
      pollEncKey: sent!.message!.messageContextInfo!.messageSecret!,
      voterJid: ana.account.lidJid,
    })
    const counted = getAggregateVotesInPollMessage({
      message: sent!.message,
      pollUpdates: [{ pollUpdateMessageKey: got.key, vote: decrypted, senderTimestampMs: 1 }],
    })
    expect(counted).toEqual([
      { name: 'now', voters: [JID] },
      { name: 'later', voters: [] },
      { name: 'never', voters: [JID] },
    ])
    expect(ana.view(group.jid).get(id)?.votes).toEqual({ [ANA]: ['now', 'never'] })
    await ana.vote(group.jid, id, [])
    expect(ana.view(group.jid).get(id)?.votes).toEqual({ [ANA]: [] })
    await expect(ana.vote(group.jid, id, ['perhaps'])).rejects.toThrow('no poll with perhaps')
  })

  it('sends a poll, a location, contacts and a view-once image that Baileys reads as they are', async () => {
    const { one, ana } = await scene()
    const { id } = await ana.say(SHOP, { poll: { name: 'Which?', options: ['a', 'b'] } })
    const poll = (await messageOf(one, id)).message!
    expect(poll.pollCreationMessageV3).toMatchObject({
      name: 'Which?',
      options: [{ optionName: 'a' }, { optionName: 'b' }],
      selectableOptionsCount: 1,
    })
    expect(poll.messageContextInfo?.messageSecret).toHaveLength(32)
    const contents: proto.IMessage[] = [
      { locationMessage: { degreesLatitude: 1.5, degreesLongitude: -2.25, name: 'here' } },
      { contactMessage: { displayName: 'Bob', vcard: 'BEGIN:VCARD\nEND:VCARD' } },
      {
        contactsArrayMessage: { displayName: 'two', contacts: [{ displayName: 'A' }, { displayName: 'B' }] },
      },
      { extendedTextMessage: { text: 'quote', contextInfo: { stanzaId: id, mentionedJid: [JID] } } },
      { viewOnceMessageV2: { message: { imageMessage: { caption: 'once', viewOnce: true } } } },
    ]
    for (const content of contents) {
      const said = await ana.say(SHOP, content)
      const got = await messageOf(one, said.id)
      expect(proto.Message.toObject(got.message as proto.Message)).toMatchObject(content)
    }
  })
})

describe('a device', () => {
  const key = (id: string, fromMe: boolean, extra: WAMessageKey = {}): WAMessageKey => ({
    remoteJid: JID,
    fromMe,
    id,
    ...extra,
  })

  it('edits, deletes and reacts, and the person sees the result', async () => {
    const { one, ana } = await scene()
    const send = async (content: Parameters<NonNullable<Client['socket']>['sendMessage']>[1]) =>
      (await one.socket!.sendMessage(JID, content))!.key.id!
    const first = await send({ text: 'tpyo' })
    const second = await send({ text: 'wrong chat' })
    const { id } = await ana.say(SHOP, 'hello')
    await one.upsert('hello')
    await send({ text: 'typo', edit: key(first, true) })
    await send({ delete: key(second, true) })
    await send({ react: { text: '❤️', key: key(id, false) } })
    await vi.waitFor(() => expect(ana.inbox).toHaveLength(5))
    const view = ana.view(SHOP)
    expect([...view.keys()].toSorted()).toEqual([first, second, id].toSorted())
    expect(view.get(first)).toMatchObject({ from: SHOP, text: 'typo', edited: true })
    expect(view.get(second)).toMatchObject({ text: '', deleted: true })
    expect(view.get(id)?.reactions).toEqual({ [SHOP]: '❤️' })
    await send({ react: { text: '', key: key(id, false) } })
    await vi.waitFor(() => expect(ana.inbox).toHaveLength(6))
    expect(ana.view(SHOP).get(id)?.reactions).toEqual({})
  })

  it('cannot edit or delete what a person sent', async () => {
    const { one, ana } = await scene()
    const { id } = await ana.say(SHOP, 'mine')
    await one.upsert('mine')
    await one.socket!.sendMessage(JID, { text: 'forged', edit: key(id, true) })
    await one.socket!.sendMessage(JID, { delete: key(id, true) })
    await vi.waitFor(() => expect(ana.inbox).toHaveLength(2))
    expect(ana.view(SHOP).get(id)).toMatchObject({ text: 'mine', edited: false, deleted: false })
  })

  it('sends a text twice under one id, which a person sees once', async () => {
    const { one, ana } = await scene()
    for (const _ of [1, 2]) await one.socket!.sendMessage(JID, { text: 'once' }, { messageId: 'SAME' })
    await vi.waitFor(() => expect(ana.inbox).toHaveLength(2))
    expect([...ana.view(SHOP).values()]).toMatchObject([{ id: 'SAME', text: 'once' }])
  })

  it('votes in a poll of a person', async () => {
    const { one, ana } = await scene()
    const { id } = await ana.say(SHOP, { poll: { name: 'Which?', options: ['a', 'b'], selectable: 0 } })
    const { secret } = pollOf((await messageOf(one, id)).message!)!
    const ballot = { pollId: id, secret, creator: ana.account.jid, voter: `${SHOP}@s.whatsapp.net` }
    const vote = sealVote(['b'], ballot)
    const update = { pollCreationMessageKey: key(id, false), vote }
    const message = proto.Message.fromObject({ pollUpdateMessage: update })
    await one.socket!.relayMessage(JID, message, { messageId: 'VOTE' })
    await vi.waitFor(() => expect(ana.view(SHOP).get(id)?.votes).toEqual({ [SHOP]: ['b'] }))
    const other = sealVote(['a'], { ...ballot, secret: Buffer.alloc(32) })
    const forged = { pollUpdateMessage: { pollCreationMessageKey: key(id, false), vote: other } }
    await one.socket!.relayMessage(JID, proto.Message.fromObject(forged), { messageId: 'FORGED' })
    await vi.waitFor(() => expect(ana.inbox).toHaveLength(2))
    expect(ana.view(SHOP).get(id)?.votes).toEqual({ [SHOP]: ['b'] })
  })
})
