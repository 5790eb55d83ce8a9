import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const BEN = '34600000003'
const ABSENT = 2 // messageStubType CIPHERTEXT

describe('a message without content', () => {
  it('is acked, asked for at the own phone, and arrives as the phone has it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA, { name: 'Ana' })
    const { id } = await ana.say(SHOP, 'only the phone has it', { unavailable: true })
    const placeholder = await one.until(() => one.upserts[0], 'a placeholder')
    expect(placeholder.message).toMatchObject({ messageStubType: ABSENT, key: { id } })
    expect(placeholder.message.message ?? undefined).toBeUndefined()
    const { type, message } = await one.upsert('only the phone has it')
    expect(type).toBe('notify')
    expect(message).toMatchObject({
      pushName: 'Ana',
      key: { id, remoteJid: ana.account.jid, remoteJidAlt: ana.account.lidJid, fromMe: false },
    })
    await vi.waitFor(() => expect(device.pending).toBe(0))
    const lines = simulator.ledger.acknowledged.filter(line => line.id === id)
    expect(lines.map(({ by, error }) => ({ by, error }))).toEqual([{ by: 'ack', error: undefined }])
    expect(simulator.ledger.said.map(line => line.id)).toEqual([id])
    expect(simulator.phone(SHOP).contact.copies).toEqual([])
    expect(simulator.ledger.undecryptable).toEqual([])
  })

  it('is asked for in a group too, by its author', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const group = simulator.group('Orders', [SHOP, ANA])
    await ana.say(group.jid, 'with content')
    await one.upsert('with content')
    const { id } = await ana.say(group.jid, 'without', { unavailable: true })
    await ana.say(group.jid, 'with content again')
    await one.upsert('with content again')
    const { message } = await one.upsert('without')
    expect(message.key).toMatchObject({ id, remoteJid: group.jid, participant: ana.account.lidJid })
    await vi.waitFor(() => expect(device.pending).toBe(0))
  })

  it('waits while the session is away', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    const { id } = await simulator.contact(ANA).say(SHOP, 'kept', { unavailable: true })
    expect(device.pending).toBe(1)
    await one.connect().open()
    expect((await one.upsert('kept')).message.key.id).toBe(id)
    expect(one.upserts[0]).toMatchObject({
      type: 'append',
      message: { messageStubType: ABSENT, key: { id } },
    })
  })

  it('is not asked for when its type says that nobody has it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const requests: unknown[] = []
    vi.spyOn(simulator.phone(SHOP).account.signal, 'decrypt').mockImplementation((_, request) => {
      requests.push(request)
      return new Promise(() => {})
    })
    const once = await ana.say(SHOP, 'seen once', { unavailable: 'view_once_unavailable_fanout' })
    const bot = await ana.say(SHOP, 'from a bot', { unavailable: 'bot_unavailable_fanout' })
    await vi.waitFor(() => expect(device.pending).toBe(0))
    const asked = await ana.say(SHOP, 'asked for', { unavailable: true })
    await vi.waitFor(() => expect(requests).toHaveLength(1), 10_000)
    const ids = simulator.ledger.acknowledged.map(({ id, by }) => `${id} ${by}`)
    expect(ids).toEqual([`${once.id} ack`, `${bot.id} ack`, `${asked.id} ack`])
    expect(one.upserts.map(({ message }) => message.key.id)).toEqual([asked.id])
  })

  it('stays a placeholder when the phone no longer has it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    const ana = simulator.contact(ANA)
    const { id } = await ana.say(SHOP, 'gone', { unavailable: true })
    simulator.contact(BEN)
    while (ana.said(id)) await ana.say(BEN, 'one of some thousand')
    await one.connect().open()
    const answered = () => simulator.ledger.acknowledged.filter(({ type }) => type === 'peer_msg')
    await vi.waitFor(() => expect(answered()).toHaveLength(1), 10_000)
    await ana.say(SHOP, 'after it')
    await one.upsert('after it')
    expect(one.upserts.map(({ text }) => text)).not.toContain('gone')
    await vi.waitFor(() => expect(device.pending).toBe(0))
  })
})
