import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const BEA = '34600000003'

describe('a newsletter', () => {
  it('reaches every linked device of a subscriber and nobody else, and is forgotten once acked', async () => {
    const { simulator, linked } = await startSimulator()
    const devices = [await linked(SHOP), await linked(SHOP)]
    const other = await linked(BEA)
    const news = simulator.newsletter('News')
    news.subscribe(SHOP)
    const { id, serverId } = news.post('extra, extra')
    for (const { one } of devices) {
      const { type, message } = await one.upsert('extra, extra')
      expect(type).toBe('notify')
      expect(message.key).toMatchObject({ id, remoteJid: news.jid, fromMe: false, server_id: serverId })
    }
    await vi.waitFor(() => expect(devices.map(({ device }) => device.pending)).toEqual([0, 0]))
    const { said, delivered, acknowledged, redelivered } = simulator.ledger
    expect(said).toMatchObject([{ id, from: news.jid }])
    expect(delivered.map(line => `${line.from} ${line.id}`)).toEqual([
      `${news.jid} ${id}`,
      `${news.jid} ${id}`,
    ])
    expect(acknowledged.map(({ by, error }) => ({ by, error }))).toEqual([{ by: 'ack' }, { by: 'ack' }])
    expect(redelivered).toEqual([])
    expect(other.one.upserts).toEqual([])
    expect(other.device.pending).toBe(0)
  })

  it('tells of a post in a notification, too, which waits for its ack', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const news = simulator.newsletter('News')
    news.subscribe(SHOP)
    const { id } = news.post('by the way', { notified: true })
    const { type, message } = await one.upsert('by the way')
    expect([type, message.key]).toEqual(['append', expect.objectContaining({ id, remoteJid: news.jid })])
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.ledger.redelivered).toEqual([])
  })

  it('waits while the session is away and comes as append, in order', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const news = simulator.newsletter('News')
    const rival = simulator.newsletter('Rival')
    for (const letter of [news, rival]) letter.subscribe(SHOP)
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    const numbers = [
      news.post('first'),
      rival.post('other', { id: 'SAME' }),
      news.post('second', { id: 'SAME' }),
    ]
    expect(device.pending).toBe(3)
    await one.connect().open()
    await one.upsert('second')
    expect(one.upserts.map(({ type, text, message }) => `${type} ${text} ${message.key.remoteJid}`)).toEqual([
      `append first ${news.jid}`,
      `append other ${rival.jid}`,
      `append second ${news.jid}`,
    ])
    expect(numbers.map(({ serverId }) => serverId)).toEqual(['100', '100', '101'])
    await vi.waitFor(() => expect(device.pending).toBe(0))
  })

  it('comes again when the ack was lost', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const news = simulator.newsletter('News')
    news.subscribe(SHOP)
    await simulator.fault({ kind: 'deaf', account: SHOP })
    const { id } = news.post('seen, not acknowledged')
    await one.upsert('seen, not acknowledged')
    expect(device.pending).toBe(1)
    await one.end()
    await one.connect().open()
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.ledger.redelivered.map(line => line.id)).toEqual([id])
  })
})
