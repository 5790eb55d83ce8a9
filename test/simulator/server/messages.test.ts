import { afterEach, describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()
afterEach(() => vi.restoreAllMocks())

const SHOP = '34600000001'
const ANA = '34600000002'

const ids = (lines: readonly { id: string }[]) => lines.map(line => line.id)

describe('a message to a session', () => {
  it('arrives as notify under the phone number or the LID, as the contact chose', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA, { name: 'Ana' })
    const { id } = await ana.say(SHOP, 'by number')
    const byNumber = await one.upsert('by number')
    expect(byNumber).toMatchObject({
      type: 'notify',
      message: { pushName: 'Ana', key: { id, fromMe: false } },
    })
    expect(byNumber.message.key).toMatchObject({
      remoteJid: `${ANA}@s.whatsapp.net`,
      remoteJidAlt: ana.account.lidJid,
    })
    await ana.say(SHOP, 'by lid', { addressing: 'lid', id: 'CHOSEN' })
    const byLid = await one.upsert('by lid')
    expect(byLid.message.key).toMatchObject({
      id: 'CHOSEN',
      remoteJid: ana.account.lidJid,
      remoteJidAlt: `${ANA}@s.whatsapp.net`,
    })
    expect(ids(simulator.ledger.said)).toEqual([id, 'CHOSEN'])
    expect(ids(simulator.ledger.delivered)).toEqual([id, 'CHOSEN'])
    await vi.waitFor(() => expect(ids(simulator.ledger.acknowledged)).toEqual([id, 'CHOSEN']))
    expect(device.pending).toBe(0)
    expect(simulator.ledger.redelivered).toEqual([])
  })

  it('waits while the session is away and comes as append, in order, once', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    await ana.say(SHOP, 'before')
    await one.upsert('before')
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    for (const text of ['first', 'second', 'third']) await ana.say(SHOP, text)
    expect(device.pending).toBe(3)
    await one.connect().open()
    await one.upsert('third')
    const away = one.upserts.filter(({ text }) => text !== 'before')
    expect(away.map(({ type, text }) => `${type} ${text}`)).toEqual([
      'append first',
      'append second',
      'append third',
    ])
    await vi.waitFor(() => expect(device.pending).toBe(0))
    await ana.say(SHOP, 'after')
    expect((await one.upsert('after')).type).toBe('notify')
    expect(simulator.ledger.redelivered).toEqual([])
  })

  it('comes again, the same bytes, at each login until the device acknowledges it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const stanzas: { id: string; offline: string | undefined; bytes: string }[] = []
    const watch = () =>
      one.socket!.ws.on(
        'CB:message',
        (node: { attrs: Record<string, string>; content: { content: Uint8Array }[] }) => {
          const bytes = Buffer.from(node.content[0]!.content).toString('hex')
          stanzas.push({ id: node.attrs.id!, offline: node.attrs.offline, bytes })
        },
      )
    watch()
    await simulator.fault({ kind: 'deaf' })
    const ana = simulator.contact(ANA)
    await ana.say(SHOP, 'one', { id: 'A' })
    await ana.say(SHOP, 'two', { id: 'B' })
    await vi.waitFor(() => expect(stanzas).toHaveLength(2))
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    expect(device.pending).toBe(2)

    one.connect()
    watch()
    await vi.waitFor(() => expect(stanzas.length).toBeGreaterThanOrEqual(4))
    await one.open()
    await vi.waitFor(() => expect(device.pending).toBe(0))
    const [a, b, a2, b2] = stanzas
    expect([a, b].map(s => s?.offline)).toEqual([undefined, undefined])
    expect([a2, b2].map(s => s?.offline)).toEqual(['0', '1'])
    expect([a2?.bytes, b2?.bytes]).toEqual([a?.bytes, b?.bytes])
    expect(ids(simulator.ledger.delivered)).toEqual(['A', 'B'])
    expect(ids(simulator.ledger.redelivered)).toEqual(['A', 'B'])
    expect(ids(simulator.ledger.acknowledged)).toEqual(['A', 'B'])

    await one.end()
    await one.connect().open()
    expect(ids(simulator.ledger.redelivered)).toEqual(['A', 'B'])
  })

  it('uses up one pre-key of the session for each new contact, and needs none when none is left', async () => {
    const { simulator, linked } = await startSimulator({ preKeysOnServer: 1 })
    const { one, device } = await linked(SHOP)
    expect(device.preKeys).toHaveLength(5)
    const people = Array.from({ length: 7 }, (_, i) => simulator.contact(`3461000000${i}`))
    await Promise.all(people.map(person => person.say(SHOP, `from ${person.pn}`)))
    for (const person of people) await one.upsert(`from ${person.pn}`)
    expect(device.preKeys).toHaveLength(0)
    for (const person of people) {
      await one.socket!.sendMessage(`${person.pn}@s.whatsapp.net`, { text: 'thanks' })
      expect((await person.next()).text).toBe('thanks')
    }
  })

  it('is asked for again when it cannot be decrypted, and comes under the same id', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP, { retryRequestDelayMs: 0 })
    const ana = simulator.contact(ANA)
    await ana.say(SHOP, 'fine')
    await one.upsert('fine')
    const loseSession = one.socket!.signalRepository.deleteSession([ana.account.lidJid])
    await loseSession
    await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'ratchet on' })
    await ana.next()
    await one.socket!.signalRepository.deleteSession([ana.account.lidJid])
    const { id } = await ana.say(SHOP, 'lost once')
    const copy = await one.upsert('lost once')
    expect(copy.message.key.id).toBe(id)
    const same = one.upserts.filter(({ message }) => message.key.id === id)
    expect(same.map(({ message }) => message.messageStubType ?? 0)).toEqual([2, 0])
    await vi.waitFor(() => expect(device.pending).toBe(0))
    const lines = simulator.ledger.acknowledged.filter(line => line.id === id)
    expect(lines.map(({ by }) => by)).toEqual(['receipt'])
    // Baileys as it is says 500 to what it could not read: the server keeps that.
    // Baileys as it is also cleans each login with the timestamp of the one before.
    const wrong = simulator.ledger.wrong.filter(({ tag }) => tag === 'ack')
    expect(wrong).toMatchObject([{ attrs: { id }, why: 'message: error="500"' }])
  })

  it('reaches every linked device of an account', async () => {
    const { simulator, linked } = await startSimulator()
    const all = [await linked(SHOP), await linked(SHOP), await linked(SHOP)]
    const ana = simulator.contact(ANA)
    const { id } = await ana.say(SHOP, 'to all')
    for (const { one } of all) expect((await one.upsert('to all')).message.key.id).toBe(id)
    await vi.waitFor(() => expect(simulator.ledger.acknowledged).toHaveLength(3))
    expect(new Set(simulator.ledger.delivered.map(line => line.device)).size).toBe(3)
  })

  it('that its own phone sent is shown to the session as its own', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    await simulator
      .phone(SHOP)
      .contact.say(ANA, 'typed on the phone')
      .catch(() => {})
    const ana = simulator.contact(ANA)
    await simulator.phone(SHOP).contact.say(ANA, 'typed again')
    const own = await one.upsert('typed again')
    expect(own.message.key).toMatchObject({ fromMe: true, remoteJid: `${ANA}@s.whatsapp.net` })
    expect(ana.inbox.map(({ text, from }) => `${from} ${text}`)).toEqual([`${SHOP} typed again`])
  })
})

describe('a message from a session', () => {
  it('is acked, decrypted, delivered and read, by number and by LID', async () => {
    const { simulator, linked } = await startSimulator({ receiptDelayMs: 300 })
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    ana.autoRead = true
    for (const jid of [`${ANA}@s.whatsapp.net`, ana.account.lidJid]) {
      const sent = await one.socket!.sendMessage(jid, { text: `to ${jid}` })
      const message = await ana.next()
      expect(message).toMatchObject({ id: sent?.key.id, from: SHOP, text: `to ${jid}` })
      const read = () => one.updates.find(({ id, status }) => id === message.id && status === 4)
      await one.until(read, 'read receipt')
      expect(one.statuses(message.id).filter(status => status > 2)).toEqual([3, 4])
    }
    expect(simulator.phone(SHOP).contact.copies.map(({ to }) => to)).toEqual([ANA, ANA])
    expect(ids(simulator.ledger.accepted)).toEqual(ids(simulator.ledger.received))
    expect(simulator.ledger.undecryptable).toEqual([])
  })

  it('gets an error ack as often as asked, and then reaches nobody', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    simulator.errorAck(SHOP, 479, 2)
    const sent: string[] = []
    for (const text of ['a', 'b', 'c']) {
      sent.push((await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text }))!.key.id!)
    }
    const errors = () => sent.filter(id => one.statuses(id).includes(0))
    await one.until(() => errors().length === 2, 'two errors')
    expect(errors()).toEqual(sent.slice(0, 2))
    expect((await ana.next()).text).toBe('c')
    expect(ids(ana.inbox)).toEqual(sent.slice(2))
  })

  it('arrives without an ack as often as asked', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const acks: string[] = []
    one.socket!.ws.on('CB:ack,class:message', (node: { attrs: { id: string } }) => acks.push(node.attrs.id))
    simulator.dropAck(SHOP)
    const first = await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'silent' })
    const second = await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'acked' })
    await ana.next()
    await ana.next()
    await vi.waitFor(() => expect(acks).toEqual([second?.key.id]))
    expect(ids(ana.inbox)).toEqual([first?.key.id, second?.key.id])
  })

  it('that is sent again under the same id is a second line in the inbox', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    for (const text of ['once', 'twice']) {
      await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text }, { messageId: 'SAME' })
      await ana.next()
    }
    expect(ana.inbox.map(({ id, text }) => `${id} ${text}`)).toEqual(['SAME once', 'SAME twice'])
    expect(ids(simulator.ledger.received)).toEqual(['SAME', 'SAME'])
  })

  it('is sent again when the contact cannot decrypt it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'hello' })
    await ana.next()
    await ana.say(SHOP, 'so that the session is settled')
    await one.upsert('so that the session is settled')
    await ana.forgetSessions(SHOP)
    const sent = await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'in the dark' })
    expect(await ana.next()).toMatchObject({ id: sent?.key.id, text: 'in the dark' })
    expect(ids(simulator.ledger.undecryptable)).toEqual([sent?.key.id])
  })

  it('can be marked as read, and the contact gets the read receipt', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const { id } = await ana.say(SHOP, 'read me')
    const { message } = await one.upsert('read me')
    await one.socket!.readMessages([message.key])
    await vi.waitFor(() => expect(ana.receipts.map(({ type }) => type)).toContain('read'))
    expect(ana.receipts.map(line => line.id)).toEqual([id, id])
  })

  it('gets its receipts later when the session is away', async () => {
    const { simulator, linked } = await startSimulator({ receiptDelayMs: 0 })
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    const sent = await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'later' })
    await ana.next()
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    ana.read(sent!.key.id!)
    await one.connect().open()
    await one.until(() => one.updates.find(({ id, status }) => id === sent?.key.id && status === 4), 'read')
    await vi.waitFor(() => expect(device.pending).toBe(0))
  })
})

describe('a message between two sessions', () => {
  it('passes as ciphertext from device to device, and its receipts go back', async () => {
    const { simulator, linked } = await startSimulator()
    const shop = await linked(SHOP)
    const ana = await linked(ANA)
    const sent = await shop.one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'device to device' })
    const got = await ana.one.upsert('device to device')
    expect(got.message.key).toMatchObject({ id: sent?.key.id, fromMe: false })
    await ana.one.socket!.sendMessage(`${SHOP}@s.whatsapp.net`, { text: 'and back' })
    await shop.one.upsert('and back')
    await vi.waitFor(() => expect([shop.device.pending, ana.device.pending]).toEqual([0, 0]))
    expect(simulator.ledger.redelivered).toEqual([])
  })
})
