import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { FaultKind } from '../../../simulator/faults/table.ts'
import { memoryAuth } from '../baileys-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const OTHER = '34600000003'
const ANA = '34600000002'

describe('faults that end the socket', () => {
  const codes: [FaultKind, number][] = [
    ['close', 428],
    ['reset', 428],
    ['xmlstreamend', 428],
    ['515', 515],
    ['500', 500],
    ['503', 503],
    ['replaced', 440],
    ['removed', 401],
  ]
  it.each(codes)('%s closes the session it names with %i and nobody else', async (kind, code) => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const other = await linked(OTHER)
    expect(await simulator.fault({ kind, device: device.jid })).toBe(1)
    expect(await one.closed()).toBe(code)
    await vi.waitFor(() => expect(device.online).toBe(false))
    expect(other.device.online).toBe(true)
    one.connect()
    if (kind === 'removed') expect(await one.closed()).toBe(401)
    else expect(await one.open()).toBe(true)
    await simulator.contact(ANA).say(OTHER, 'still here')
    await other.one.upsert('still here')
  })

  it('meets the devices of one account, or all', async () => {
    const { simulator, linked } = await startSimulator()
    const [a, b, c] = [await linked(SHOP), await linked(SHOP), await linked(OTHER)]
    expect(await simulator.fault({ kind: 'close', account: SHOP })).toBe(2)
    expect(await a.one.closed()).toBe(428)
    expect(await b.one.closed()).toBe(428)
    await a.one.connect().open()
    expect(await simulator.fault({ kind: 'reset' })).toBe(2)
    expect(await a.one.closed()).toBe(428)
    expect(await c.one.closed()).toBe(428)
  })

  it('removes a device that is offline too', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await one.end()
    await vi.waitFor(() => expect(device.online).toBe(false))
    expect(await simulator.fault({ kind: 'removed', account: SHOP })).toBe(0)
    expect(simulator.phone(SHOP).devices).toEqual([])
    expect(await one.connect().closed()).toBe(401)
  })
})

describe('a stream error that nobody knows', () => {
  it.each([
    [{ status: 999 }, 999],
    [{ child: 'tea-break' }, 500],
    [{}, 500],
  ])('%j closes the session with %i', async (told, code) => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    expect(await simulator.fault({ kind: 'stream-error', account: SHOP, ...told })).toBe(1)
    expect(await one.closed()).toBe(code)
    expect(await one.connect().open()).toBe(true)
  })
})

describe('a stream that was replaced', () => {
  it.each([
    'while the other is there',
    'when the other is gone, too',
  ])('is not heard any more, also when what it said comes through late: %s', async when => {
    const { simulator, client, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await simulator.fault({ kind: 'half-open', device: device.jid })
    await one.socket!.sendNode({
      tag: 'ack',
      attrs: { id: 'LATE', class: 'message', to: `${ANA}@s.whatsapp.net` },
    })
    const two = client(one.auth).connect()
    expect(simulator.ledger.replaced).toEqual([])
    await two.open()
    expect(simulator.ledger.replaced).toMatchObject([{ account: SHOP, device: device.jid }])
    if (when.endsWith('too')) {
      await two.end()
      await vi.waitFor(() => expect(device.online).toBe(false))
    }
    await simulator.heal('half-open')
    expect(await one.closed()).toBe(428)
    expect(simulator.ledger.unanswered).toEqual([])
    await simulator.contact(ANA).say(SHOP, 'to the one that is there')
    if (!device.online) await two.connect().open()
    await two.upsert('to the one that is there')
  })
})

describe('a share of all', () => {
  it('is chosen by the seed: the same run, the same victims', async () => {
    const victims = async (seed: string) => {
      const { simulator, linked } = await startSimulator({ seed })
      const all: Awaited<ReturnType<typeof linked>>[] = []
      for (let i = 0; i < 6; i++) all.push(await linked(`3460000010${i}`))
      const struck = await simulator.fault({ kind: 'close', share: 0.5 })
      const closed = () => all.filter(({ device }) => !device.online).map(({ device }) => device.account.pn)
      await vi.waitFor(() => expect(closed()).toHaveLength(struck))
      return closed()
    }
    const first = await victims('7')
    expect(first.length).toBeGreaterThan(0)
    expect(first.length).toBeLessThan(6)
    expect(await victims('7')).toEqual(first)
  })
})

describe('logout', () => {
  it('from the phone closes with 401, and nothing is kept for the device any more', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const states: string[] = []
    simulator.on('device', ({ state }) => states.push(state))
    simulator.phone(SHOP).unlink(device)
    expect(await one.closed()).toBe(401)
    expect(device.removed).toBe(true)
    expect(await one.connect().closed()).toBe(401)
    expect(states).toContain('removed')
    await simulator.contact(ANA).say(SHOP, 'only the phone hears it')
    expect(device.pending).toBe(0)
    expect(simulator.phone(SHOP).contact.inbox.map(({ text }) => text)).toEqual(['only the phone hears it'])
  })

  it('by the client unlinks the device', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await one.socket!.logout()
    expect(await one.closed()).toBe(401)
    await vi.waitFor(() => expect(device.removed).toBe(true))
    expect(simulator.phone(SHOP).devices).toEqual([])
  })
})

describe('the fault "failure"', () => {
  it.each([403, 405, 503])('answers the next logins with %i, then no more', async reason => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    await simulator.fault({ kind: 'failure', account: SHOP, status: reason, times: 2 })
    expect(await one.closed()).toBe(428)
    expect(await one.connect().closed()).toBe(reason)
    expect(await one.connect().closed()).toBe(reason)
    expect(await one.connect().open()).toBe(true)
  })
})

describe('the fault "refuse"', () => {
  it('closes the port for all until healed', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    await simulator.fault({ kind: 'refuse' })
    expect(await one.closed()).toBe(428)
    expect(await one.connect().closed()).toBe(408)
    await simulator.heal('refuse')
    expect(await one.connect().open()).toBe(true)
  })

  it('opens the port again by itself when a time is given', async () => {
    const { simulator, linked, url } = await startSimulator()
    const { one } = await linked(SHOP)
    await simulator.fault({ kind: 'refuse', for: 50 })
    expect(await one.closed()).toBe(428)
    const port = Number(new URL(url).port)
    await vi.waitFor(() => expect(fetch(`http://127.0.0.1:${port}`)).resolves.toMatchObject({ status: 426 }))
    expect(await one.connect().open()).toBe(true)
  })

  it('of one account cuts its logins and lets others in', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    await simulator.fault({ kind: 'refuse', account: SHOP })
    expect(await one.closed()).toBe(428)
    expect(await one.connect().closed()).toBe(428)
    expect(await one.connect().closed()).toBe(428)
    await linked(OTHER)
    await simulator.heal('refuse')
    expect(await one.connect().open()).toBe(true)
  })

  it('answers the upgrade with a status when one is given', async () => {
    const { simulator, url } = await startSimulator()
    await simulator.fault({ kind: 'refuse', status: 502 })
    const upgrade = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    const { request } = await import('node:http')
    const status = await new Promise(resolve => {
      request(url.replace('ws:', 'http:'), { headers: upgrade }, response =>
        resolve(response.resume().statusCode),
      ).end()
    })
    expect(status).toBe(502)
  })
})

describe('faults that leave the socket open', () => {
  it('garbage fails inside the client, and the socket stays open', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    const rejected = new Promise(resolve => process.once('unhandledRejection', resolve))
    try {
      await simulator.fault({ kind: 'garbage', device: device.jid })
      expect(String(await rejected)).toContain('authenticate')
    } finally {
      for (const listener of others) process.on('unhandledRejection', listener)
    }
    expect(device.online).toBe(true)
    await one.end()
    expect(await one.connect().open()).toBe(true)
  })

  it('silence is noticed by the keep-alive as 408, and messages sent meanwhile come later', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP, { keepAliveIntervalMs: 500 })
    await simulator.fault({ kind: 'silence', account: SHOP })
    await simulator.contact(ANA).say(SHOP, 'into the void')
    expect(device.pending).toBe(1)
    expect(simulator.ledger.delivered).toEqual([])
    expect(await one.closed(15_000)).toBe(408)
    await one.connect().open()
    expect((await one.upsert('into the void')).type).toBe('append')
    expect(simulator.ledger.redelivered).toEqual([])
  })

  it('silence for a time ends by itself on the same socket', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await simulator.fault({ kind: 'silence', account: SHOP, for: 200 })
    await simulator.contact(ANA).say(SHOP, 'held back')
    expect(simulator.ledger.delivered).toEqual([])
    expect((await one.upsert('held back')).type).toBe('notify')
    expect(device.logins).toBe(1)
  })

  it('half-open answers nothing at all, not even the end of the connection', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const { connection } = device
    await simulator.fault({ kind: 'half-open', account: SHOP })
    await simulator.contact(ANA).say(SHOP, 'into the void')
    expect(simulator.ledger.delivered).toEqual([])
    // Silence would answer the close frame; rc14 waits for that answer for 30 s.
    const ended = one.end().then(() => 'ended')
    expect(await Promise.race([ended, pause(1000, 'waits')])).toBe('waits')
    expect(connection?.open).toBe(true)
    const next = await linked(OTHER)
    expect(next.device.online).toBe(true)
    await one.connect().open()
    expect((await one.upsert('into the void')).type).toBe('append')
    expect(device.connection).not.toBe(connection)
    expect(connection?.open).toBe(true)
  })

  it('half-open for a time goes on with what was sent meanwhile', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    const ana = simulator.contact(ANA)
    await simulator.fault({ kind: 'half-open', account: SHOP, for: 200 })
    const sent = await one
      .socket!.sendMessage(`${ANA}@s.whatsapp.net`, { text: 'on its way' })
      .catch(() => null)
    expect(sent).toBeTruthy()
    await vi.waitFor(() => expect(ana.inbox).toHaveLength(1), 10_000)
    expect(device.logins).toBe(1)
  })

  it('split lets every frame come in small packets, and nothing is lost or torn', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await simulator.fault({ kind: 'split', account: SHOP, bytes: 3 })
    for (const text of ['one', 'two', 'three']) await simulator.contact(ANA).say(SHOP, text)
    await one.upsert('three')
    expect(one.upserts.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(device.logins).toBe(1)
  })

  it('deaf loses what the device sends: unacknowledged messages come again', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await simulator.fault({ kind: 'deaf', account: SHOP })
    const { id } = await simulator.contact(ANA).say(SHOP, 'seen, not acknowledged')
    await one.upsert('seen, not acknowledged')
    expect(device.pending).toBe(1)
    await one.end()
    await one.connect().open()
    await vi.waitFor(() => expect(device.pending).toBe(0))
    expect(simulator.ledger.redelivered.map(line => line.id)).toEqual([id])
  })
})

describe('a client that does not speak the protocol', () => {
  it('is cut off: bytes that are no handshake, and a handshake that does not decrypt', async () => {
    const { simulator, url, client } = await startSimulator()
    const { WebSocket } = await import('ws')
    const stranger = new WebSocket(url)
    stranger.on('error', () => {})
    stranger.on('open', () => stranger.send(Buffer.from('GET / HTTP/1.1')))
    await new Promise(resolve => stranger.once('close', resolve))
    const forger = new WebSocket(url)
    forger.on('error', () => {})
    forger.on('open', () => forger.send(Buffer.from([0x57, 0x41, 6, 3, 0, 0, 3, 1, 2, 3])))
    await new Promise(resolve => forger.once('close', resolve))
    const { creds } = await simulator.enroll(SHOP)
    expect(await client(memoryAuth(creds)).connect().open()).toBe(true)
  })
})
