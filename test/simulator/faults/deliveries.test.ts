import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const BEA = '34600000004'
const TEXTS = ['one', 'two', 'three', 'four', 'five', 'six']

describe('the fault "duplicate"', () => {
  it('delivers a message twice: the client takes the first, and answers for both', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await simulator.fault({ kind: 'duplicate', account: SHOP })
    const { id } = await simulator.contact(ANA).say(SHOP, 'twice')
    await one.upsert('twice')
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.ledger.delivered.map(line => line.id)).toEqual([id])
    expect(simulator.ledger.redelivered.map(line => line.id)).toEqual([id])
    expect(simulator.ledger.acknowledged.map(line => line.id)).toEqual([id, id])
    await simulator.contact(ANA).say(SHOP, 'once')
    await one.upsert('once')
    expect(simulator.ledger.redelivered).toHaveLength(1)
  })

  it('delivers what waited for a device twice in one batch', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    await simulator.fault({ kind: 'duplicate', account: SHOP, times: 2 })
    for (const text of ['one', 'two']) await simulator.contact(ANA).say(SHOP, text)
    expect(device.pending).toBe(4)
    one.connect()
    expect((await one.upsert('two')).type).toBe('append')
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(one.upserts.filter(({ text }) => text === 'one')).toHaveLength(1)
    expect(simulator.ledger.redelivered).toHaveLength(2)
  })
})

describe('the fault "reorder"', () => {
  const order = async (seed: string, chats?: 'kept') => {
    const { simulator, linked } = await startSimulator({ seed })
    const { one, device } = await linked(SHOP)
    await simulator.contact(ANA).say(SHOP, 'before')
    await simulator.contact(BEA).say(SHOP, 'before, too')
    await vi.waitFor(() => expect(device.pending).toBe(0))
    await simulator.fault({ kind: 'reorder', account: SHOP, delay: 800, ...(chats && { chats }) })
    for (const [i, text] of TEXTS.entries()) {
      const id = `3EB0${i}`.padEnd(20, '0')
      await simulator.contact(i % 2 ? BEA : ANA).say(SHOP, text, { id })
    }
    expect(one.upserts.filter(({ text }) => TEXTS.includes(text))).toEqual([])
    await vi.waitFor(() => expect(simulator.ledger.delivered).toHaveLength(2 + TEXTS.length), 5000)
    await vi.waitFor(() => expect(device.pending).toBe(0), 5000)
    return simulator.ledger.delivered.slice(2).map(({ id }) => TEXTS[Number(id[4])]!)
  }

  it('lets what came together come in another order, the same one for the same seed', async () => {
    const first = await order('3')
    expect(first.toSorted()).toEqual(TEXTS.toSorted())
    expect(first).not.toEqual(TEXTS)
    expect(await order('3')).toEqual(first)
  })

  it('keeps the order of each chat if that is wanted', async () => {
    const came = await order('3', 'kept')
    const ofAna = came.filter(text => TEXTS.indexOf(text) % 2 === 0)
    expect(ofAna).toEqual(['one', 'three', 'five'])
    expect(came.filter(text => !ofAna.includes(text))).toEqual(['two', 'four', 'six'])
    expect(came).not.toEqual(TEXTS)
  })

  it('loses nothing when the device goes away meanwhile', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await simulator.fault({ kind: 'reorder', account: SHOP, delay: 300 })
    for (const text of TEXTS) await simulator.contact(ANA).say(SHOP, text)
    await one.end()
    await one.connect().open()
    for (const text of TEXTS) await one.upsert(text)
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.ledger.redelivered).toEqual([])
  })
})

describe('the fault "undecryptable"', () => {
  it('makes a client ask for a message again, and then it has it', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await simulator.contact(ANA).say(SHOP, 'readable')
    await one.upsert('readable')
    await simulator.fault({ kind: 'undecryptable', account: SHOP })
    const { id } = await simulator.contact(ANA).say(SHOP, 'spoilt on the way')
    const { message } = await one.upsert('spoilt on the way')
    expect(message.key.id).toBe(id)
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.ledger.redelivered.length + simulator.ledger.delivered.length).toBe(3)
  })

  it('may spoil the second copy, too', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await simulator.fault({ kind: 'undecryptable', account: SHOP, times: 2 })
    await simulator.contact(ANA).say(SHOP, 'spoilt twice')
    await one.upsert('spoilt twice')
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.faults).toEqual([])
  })
})
