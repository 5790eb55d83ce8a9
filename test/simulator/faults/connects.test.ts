import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const OTHER = '34600000003'

/** The HTTP status that an upgrade is answered with; 101 when it is done. */
const upgrade = (url: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    request(url.replace('ws:', 'http:'), { headers }, response => resolve(response.resume().statusCode))
      .on('upgrade', (_, socket) => {
        socket.destroy()
        resolve(101)
      })
      .on('error', reject)
      .end()
  })

/** A raw client's hello: how long the server takes to answer it, in ms, and the root that signed its certificate's issuer. */
async function hello(url: string): Promise<{ ms: number; bytes: number }> {
  const socket = new WebSocket(url)
  await new Promise(resolve => socket.once('open', resolve))
  const from = performance.now()
  const ephemeral = Buffer.alloc(32, 9)
  const body = proto.HandshakeMessage.encode({ clientHello: { ephemeral } }).finish()
  socket.send(Buffer.concat([Buffer.from([0x57, 0x41, 6, 3, 0, 0, body.length]), body]))
  const answer = await new Promise<Buffer>(resolve => socket.once('message', resolve))
  socket.terminate()
  return { ms: performance.now() - from, bytes: answer.length }
}

describe('the fault "refuse" with a status', () => {
  it.each([401, 429, 502])('answers each upgrade with %i, to everybody, until healed', async status => {
    const { simulator, url, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    await simulator.fault({ kind: 'refuse', status })
    expect(await one.closed()).toBe(428)
    expect([await upgrade(url), await upgrade(url)]).toEqual([status, status])
    await simulator.heal('refuse')
    expect(await upgrade(url)).toBe(101)
    expect(await one.connect().open()).toBe(true)
  })
})

it('A client that resets the connection on which it was refused ends nothing else', async () => {
  const { simulator, url } = await startSimulator()
  await simulator.fault({ kind: 'refuse', status: 502 })
  for (let i = 0; i < 20; i++) {
    const client = connect(Number(new URL(url).port), '127.0.0.1')
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await once(client, 'data')
    client.resetAndDestroy()
  }
  expect(await upgrade(url)).toBe(502)
})

describe('the fault "slow-handshake"', () => {
  it('keeps a client waiting for the hello, so often, and then no more', async () => {
    const { simulator, url } = await startSimulator()
    await simulator.fault({ kind: 'slow-handshake', delay: 400, times: 1 })
    expect((await hello(url)).ms).toBeGreaterThan(390)
    expect((await hello(url)).ms).toBeLessThan(390)
  })

  it('is survived by a client that waits', async () => {
    const { simulator, linked } = await startSimulator()
    await simulator.fault({ kind: 'slow-handshake', delay: 300 })
    expect(simulator.faults).toMatchObject([{ kind: 'slow-handshake' }])
    const { one } = await linked(SHOP)
    await one.end()
    await simulator.heal()
    expect(await one.connect().open()).toBe(true)
  })
})

describe('the fault "slow-login"', () => {
  it('keeps the named device waiting for its success, and nobody else', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await one.end()
    await simulator.fault({ kind: 'slow-login', account: SHOP, delay: 1500 })
    one.connect()
    const from = performance.now()
    await linked(OTHER)
    expect(device.logins).toBe(1)
    await one.open()
    expect(performance.now() - from).toBeGreaterThan(1000)
    expect(device.logins).toBe(2)
  })

  it('means nothing to a client that gave up meanwhile', async () => {
    const { simulator, linked } = await startSimulator()
    const { one, device } = await linked(SHOP)
    await one.end()
    await simulator.fault({ kind: 'slow-login', account: SHOP, delay: 300 })
    one.connect()
    await vi.waitFor(() => expect(simulator.faults).toEqual([]))
    await one.end()
    await one.connect().open()
    await new Promise(resolve => setTimeout(resolve, 400))
    expect([device.logins, device.online]).toEqual([2, true])
  })
})

describe('the fault "failure"', () => {
  const codes = [401, 402, 403, 405, 406, 409, 411, 500, 503]
  it.each(codes)('answers the next login with %i', async status => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    await simulator.fault({ kind: 'failure', account: SHOP, status })
    expect(await one.closed()).toBe(428)
    expect(await one.connect().closed()).toBe(status)
    expect(await one.connect().open()).toBe(true)
  })

  it('says with 402 when the ban ends', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    await one.end()
    await simulator.fault({ kind: 'failure', status: 402, expire: 3600 })
    one.connect()
    const told = new Promise(resolve =>
      one.socket!.ev.on('connection.update', ({ lastDisconnect }) => {
        if (lastDisconnect) resolve((lastDisconnect.error as unknown as { data: unknown }).data)
      }),
    )
    expect(await told).toMatchObject({ reason: '402', expire: '3600' })
  })

  it('lasts for its time, however often somebody tries', async () => {
    const { simulator, linked } = await startSimulator()
    const { one } = await linked(SHOP)
    await simulator.fault({ kind: 'failure', status: 500, for: 86_400_000 })
    await one.closed()
    for (let i = 0; i < 5; i++) expect(await one.connect().closed()).toBe(500)
    await simulator.heal('failure')
    expect(await one.connect().open()).toBe(true)
  })
})
