import type { WASocket } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const ANA_JID = `${ANA}@s.whatsapp.net`

async function world(options: Parameters<typeof startSimulator>[0] = {}) {
  const { simulator, linked } = await startSimulator(options)
  const ana = simulator.contact(ANA)
  const { one, device } = await linked(SHOP, { defaultQueryTimeoutMs: 1000 })
  const socket = one.socket!
  /** Resolves when Ana has read it. */
  const send = async (text: string) => {
    await socket.sendMessage(ANA_JID, { text })
    await vi.waitFor(() => expect(ana.inbox.map(message => message.text)).toContain(text), 5000)
  }
  return { simulator, one, device, socket, send }
}

const ask = (socket: WASocket, child: string) =>
  socket.query({
    tag: 'iq',
    attrs: { to: '@g.us', type: 'get', xmlns: 'w:g2' },
    content: [{ tag: child, attrs: {} }],
  })

describe('the fault "unanswered"', () => {
  it('leaves a query without an answer, and the socket goes on', async () => {
    const { simulator, device, socket, send } = await world()
    await simulator.fault({ kind: 'unanswered', account: SHOP, query: 'w:g2/participating' })
    expect(await ask(socket, 'participating')).toBeUndefined()
    expect(await ask(socket, 'participating')).toMatchObject({ attrs: { type: 'result' } })
    await send('still here')
    expect(device.logins).toBe(1)
  })

  it('meets every query when it names none, for its time', async () => {
    const { simulator, socket } = await world()
    await simulator.fault({ kind: 'unanswered', for: 86_400_000 })
    expect(await ask(socket, 'participating')).toBeUndefined()
    expect(await ask(socket, 'query')).toBeUndefined()
    await simulator.heal('unanswered')
    expect(await ask(socket, 'participating')).toBeDefined()
  })
})

describe('the fault "query-error"', () => {
  it('answers a query with an error, whatever it asks', async () => {
    const { simulator, socket } = await world()
    await simulator.fault({ kind: 'query-error', account: SHOP, query: 'w:g2', code: '500' })
    await expect(ask(socket, 'participating')).rejects.toMatchObject({ data: 500 })
    expect(await ask(socket, 'participating')).toBeDefined()
  })
})

describe('the fault "no-one-time-keys"', () => {
  it('hands out bundles with the signed key alone, which is enough for a session', async () => {
    const { simulator, socket, send } = await world()
    await simulator.fault({ kind: 'no-one-time-keys', account: SHOP })
    const bundles: unknown[] = []
    socket.ws.on('CB:iq', node => bundles.push(JSON.stringify(node)))
    await send('without a one-time key')
    const bundle = bundles.find(text => String(text).includes('"skey"'))
    expect(bundle).not.toContain('"tag":"key"')
    expect(simulator.ledger.undecryptable).toEqual([])
  })
})

describe('the fault "device-list-change"', () => {
  it('links a device just after the list was asked for: the ack says that somebody was missed', async () => {
    const { simulator, socket, send } = await world()
    await simulator.fault({ kind: 'device-list-change', account: SHOP })
    const ack = new Promise<Record<string, string>>(resolve =>
      socket.ws.on('CB:ack,class:message', ({ attrs }) => resolve(attrs)),
    )
    await send('missed by one')
    expect((await ack).phash).toMatch(/^2:/)
    expect(simulator.phone(ANA).devices).toHaveLength(1)
    expect(simulator.phone(ANA).devices[0]!.pending).toBe(0)
  })

  it('removes one just after: the list names somebody whose keys are gone', async () => {
    const { simulator, socket } = await world()
    const { device } = await simulator.enroll(ANA)
    await simulator.fault({ kind: 'device-list-change', account: SHOP, change: 'removed' })
    await expect(socket.sendMessage(ANA_JID, { text: 'to a device that was' })).rejects.toThrow(
      /item-not-found/,
    )
    expect(device.removed).toBe(true)
  })
})

describe('the fault "pre-key-low"', () => {
  it('tells the device how few keys are left, and it uploads more', async () => {
    const { simulator, device } = await world()
    expect(device.preKeys).toEqual([])
    await simulator.fault({ kind: 'pre-key-low', account: SHOP, count: 1 })
    await vi.waitFor(() => expect(device.preKeys.length).toBeGreaterThanOrEqual(5), 5000)
    await vi.waitFor(() => expect(device.pending).toBe(0))
  })

  it('tells a device that is away when it comes back', async () => {
    const { simulator, one, device } = await world()
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    expect(await simulator.fault({ kind: 'pre-key-low' })).toBe(1)
    expect(device.pending).toBe(1)
    await one.connect().open()
    await vi.waitFor(() => expect(device.preKeys.length).toBeGreaterThanOrEqual(5), 5000)
  })
})
