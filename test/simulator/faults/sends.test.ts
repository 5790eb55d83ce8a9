import type { proto } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import type { Client } from '../baileys-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const OTHER = '34600000003'
const ANA = '34600000002'

const kept = new Map<string, proto.IMessage>()

async function world() {
  const { simulator, linked } = await startSimulator()
  const ana = simulator.contact(ANA)
  const { one, device } = await linked(SHOP, { getMessage: async ({ id }) => kept.get(id ?? '') })
  /** Resolves with the attributes of the ack, once it comes. */
  const send = async (client: Client, text: string) => {
    const ack = new Promise<Record<string, string>>(resolve =>
      client.socket!.ws.on('CB:ack,class:message', ({ attrs }) => resolve(attrs)),
    )
    await client.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text })
    return { ack }
  }
  const read = (text: string) =>
    vi.waitFor(() => expect(ana.inbox.map(message => message.text)).toContain(text), 5000)
  return { simulator, linked, ana, one, device, send, read }
}

describe('the fault "error-ack"', () => {
  it.each(['463', '479', '429'])('answers a send with %s, and it goes to nobody', async code => {
    const { simulator, linked, ana, one, send, read } = await world()
    const other = await linked(OTHER)
    await simulator.fault({ kind: 'error-ack', account: SHOP, code })
    expect(await (await send(one, 'refused')).ack).toMatchObject({ error: code })
    expect((await (await send(other.one, 'taken')).ack).error).toBeUndefined()
    await read('taken')
    expect(ana.inbox.map(({ text }) => text)).toEqual(['taken'])
    expect(simulator.ledger.refused).toMatchObject([{ from: SHOP, error: code }])
  })

  it('meets every account when it names none', async () => {
    const { simulator, linked, one, send } = await world()
    const other = await linked(OTHER)
    await simulator.fault({ kind: 'error-ack', code: '503', times: 2 })
    expect(await (await send(one, 'refused')).ack).toMatchObject({ error: '503' })
    expect(await (await send(other.one, 'refused')).ack).toMatchObject({ error: '503' })
    expect((await (await send(one, 'taken')).ack).error).toBeUndefined()
  })
})

describe('the fault "late-ack"', () => {
  it('lets a send arrive at once and its ack much later', async () => {
    const { simulator, one, send, read } = await world()
    await simulator.fault({ kind: 'late-ack', account: SHOP, delay: 1200 })
    const from = performance.now()
    const { ack } = await send(one, 'slow')
    await read('slow')
    expect(performance.now() - from).toBeLessThan(1200)
    await ack
    expect(performance.now() - from).toBeGreaterThan(1100)
  })
})

describe('the fault "drop-ack"', () => {
  it('lets a send arrive without any', async () => {
    const { simulator, ana, one, send, read } = await world()
    await simulator.fault({ kind: 'drop-ack', device: `${SHOP}:1@s.whatsapp.net` })
    const { ack } = await send(one, 'unconfirmed')
    await read('unconfirmed')
    await send(one, 'next')
    await read('next')
    const { id } = await ack
    expect(ana.inbox.find(message => message.id === id)?.text).toBe('next')
  })
})

describe('the fault "retry-receipt"', () => {
  it('lets the reader ask again, and have it from the second copy', async () => {
    const { simulator, ana, one, device, read } = await world()
    await simulator.fault({ kind: 'retry-receipt', account: SHOP })
    const text = 'read at last'
    // rc14 asks its owner for what it sent.
    const sent = await one.socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text })
    kept.set(sent!.key.id!, sent!.message!)
    await read(text)
    expect(ana.inbox).toHaveLength(1)
    expect(simulator.ledger.undecryptable).toMatchObject([{ id: sent!.key.id, to: ANA }])
    await vi.waitFor(() => expect(device.pending).toBe(0))
  })
})
