import { randomBytes } from 'node:crypto'
import type { BaileysEventMap, UserFacingSocketConfig, WAMessage } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import type { Conversation } from '../../../simulator/accounts/conversation.ts'
import type { Client } from '../baileys-client.ts'
import { redirecting } from '../media-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator, type TestSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const BEA = '34600000003'
const AT = Date.UTC(2026, 0, 2, 3, 4, 5)

type History = BaileysEventMap['messaging-history.set']

/** Scans with a client and collects what it tells about the past. */
async function pair({ simulator, client }: TestSimulator, one: Client = client()) {
  await simulator.phone(SHOP, { name: 'Shop' }).scan(await one.connect().qr())
  await one.closed()
  one.connect()
  const parts: History[] = []
  one.socket!.ev.on('messaging-history.set', part => parts.push(part))
  await one.open()
  const [device] = simulator.phone(SHOP).devices.slice(-1)
  await vi.waitFor(() => {
    expect(parts.length).toBeGreaterThan(0)
    expect(device!.pending).toBe(0)
  }, 15_000)
  return { one, parts, messages: parts.flatMap(({ messages }) => messages) }
}

const textOf = ({ message }: WAMessage) => message?.conversation ?? message?.imageMessage?.caption

describe('the history of a phone', () => {
  it('comes over the media host when it is large', async () => {
    const world = await startSimulator({ inlineHistoryBytes: 1_000 })
    const { simulator } = world
    const dispatcher = redirecting(simulator.media)
    const content = randomBytes(2_000).toString('hex')
    simulator.phone(SHOP).history = [{ with: ANA, messages: [{ id: 'LARGE', content, at: AT }] }]
    const options = { dispatcher } as NonNullable<UserFacingSocketConfig['options']>
    const { messages } = await pair(world, world.client(undefined, { options }))
    expect(messages.map(message => `${message.key.id} ${textOf(message)}`)).toEqual([`LARGE ${content}`])
    // The empty last part was small enough.
    expect(simulator.media.files.size).toBeGreaterThan(2_000)
    expect(simulator.media.files.size).toBeLessThan(content.length)
  })

  it('comes after the first login that follows a scan, and never as new messages', async () => {
    const world = await startSimulator()
    const { simulator } = world
    const ana = simulator.contact(ANA, { name: 'Ana' })
    const group = simulator.group('Orders', [SHOP, BEA])
    const past: Conversation[] = [
      {
        with: ANA,
        unread: 1,
        messages: [
          { id: 'ONE', content: 'are you open?', at: AT },
          { id: 'TWO', content: 'until nine', from: SHOP, at: AT + 60_000 },
          { id: 'THREE', content: { imageMessage: { caption: 'the door' } }, at: AT + 120_000 },
        ],
      },
      { with: group.jid, messages: [{ id: 'FOUR', content: 'to all', from: BEA, at: AT }] },
    ]
    simulator.phone(SHOP).history = past
    const { one, parts, messages } = await pair(world)
    expect(messages.map(message => `${message.key.id} ${textOf(message)}`)).toEqual([
      'THREE the door',
      'TWO until nine',
      'ONE are you open?',
      'FOUR to all',
    ])
    const [three, two, , four] = messages
    expect(three).toMatchObject({ key: { remoteJid: ana.account.jid, fromMe: false }, pushName: 'Ana' })
    expect(two).toMatchObject({ key: { remoteJid: ana.account.jid, fromMe: true } })
    expect(Number(two!.messageTimestamp)).toBe(AT / 1000 + 60)
    const bea = simulator.contact(BEA).account.lidJid
    expect(four!.key).toMatchObject({ remoteJid: group.jid, fromMe: false, participant: bea })
    const chats = parts.flatMap(part => part.chats)
    expect(chats.map(({ id, name, unreadCount }) => ({ id, name, unreadCount }))).toEqual([
      { id: ana.account.jid, name: 'Ana', unreadCount: 1 },
      { id: group.jid, name: 'Orders', unreadCount: 0 },
    ])
    expect(await one.socket!.signalRepository.lidMapping.getLIDForPN(ana.account.jid)).toBe(
      ana.account.lidJid,
    )
    await ana.say(SHOP, 'now')
    await one.upsert('now')
    expect(one.upserts.map(({ text }) => text).filter(Boolean)).toEqual(['now'])
    await one.end()
    one.connect()
    one.socket!.ev.on('messaging-history.set', part => parts.push(part))
    const seen = parts.length
    await one.open()
    await ana.say(SHOP, 'later')
    await one.upsert('later')
    expect(parts).toHaveLength(seen)
  })

  it('is large without a media host', async () => {
    const world = await startSimulator()
    const content = (n: number) => `message ${n} ${'x'.repeat(200)}`
    const messages = Array.from({ length: 3000 }, (_, n) => ({ content: content(n), at: AT + n * 1000 }))
    world.simulator.phone(SHOP).history = [{ with: ANA, messages }]
    const got = await pair(world)
    expect(got.messages).toHaveLength(3000)
    expect(textOf(got.messages[0]!)).toBe(content(2999))
    expect(textOf(got.messages[2999]!)).toBe(content(0))
  })

  it('is empty unless set, the same for each new device, and refused when it cannot be', async () => {
    const world = await startSimulator()
    const { simulator } = world
    const first = await pair(world)
    expect(first.messages).toEqual([])
    simulator.phone(SHOP).history = [{ with: ANA, messages: [{ content: 'old' }] }]
    const second = await pair(world)
    const third = await pair(world)
    expect(second.messages.map(textOf)).toEqual(['old'])
    expect(third.messages.map(({ key }) => key.id)).toEqual(second.messages.map(({ key }) => key.id))
    expect(first.messages).toEqual([])
    await simulator.contact(ANA).say(SHOP, 'to all')
    for (const { one } of [first, second, third]) await one.upsert('to all')
    const phone = simulator.phone(SHOP)
    const unknown = { with: '120363000000000000@g.us', messages: [] }
    expect(() => Object.assign(phone, { history: [unknown] })).toThrow('not a phone number')
    expect(phone.history).toMatchObject([{ with: ANA, messages: [{ content: 'old' }] }])
  })
})
