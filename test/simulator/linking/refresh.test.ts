import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import { memoryAuth } from '../baileys-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator, type TestSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const REFRESH = 'CB:notification,type:companion_reg_refresh'

/** A client that shows its first QR; `acks` and `rotates` say what it does when the QR is made void, which Baileys does not. */
async function showing({ client }: TestSimulator, { acks = true, rotates = true, qrTimeout = 60_000 } = {}) {
  const one = client(memoryAuth(), { qrTimeout }).connect()
  let told = 0
  one.socket!.ws.on(REFRESH, ({ attrs: { id, type, from } }: BinaryNode) => {
    told++
    if (rotates) one.socket!.authState.creds.advSecretKey = randomBytes(32).toString('base64')
    const attrs = { id: id!, type: type!, to: from!, class: 'notification' }
    if (acks) void one.socket!.sendNode({ tag: 'ack', attrs })
  })
  const first = await one.qr()
  /** A QR as it is drawn with the secret of now. */
  const drawn = (qr = first) => {
    const [ref, noise, identity, , kind] = qr.split(',')
    return [ref, noise, identity, one.socket!.authState.creds.advSecretKey, kind].join(',')
  }
  return { one, first, drawn, told: () => told }
}

describe('a scan that makes the QR void', () => {
  it.each([
    'companion_reg_refresh',
    'pair-device-rotate-qr',
  ] as const)('links by the same reference with a new secret, said as %s', async form => {
    const world = await startSimulator()
    const { one, first, drawn, told } = await showing(world)
    const phone = world.simulator.phone(SHOP)
    phone.linking.onScan = [form]
    await expect(phone.scan(first)).rejects.toThrow('check your connection')
    await vi.waitFor(() => expect(told()).toBe(1))
    await expect(phone.scan(first)).rejects.toThrow('this QR is void')
    expect(phone.devices).toEqual([])
    await phone.scan(drawn())
    expect(await one.closed()).toBe(515)
    await one.connect().open()
  })

  it('may come twice, and every older secret stays void', async () => {
    const world = await startSimulator()
    const { one, first, drawn, told } = await showing(world)
    const phone = world.simulator.phone(SHOP)
    phone.linking.onScan = ['companion_reg_refresh', 'pair-device-rotate-qr']
    await expect(phone.scan(first)).rejects.toThrow('check your connection')
    await vi.waitFor(() => expect(told()).toBe(1))
    const second = drawn()
    await expect(phone.scan(second)).rejects.toThrow('check your connection')
    await vi.waitFor(() => expect(told()).toBe(2))
    for (const old of [first, second]) await expect(phone.scan(old)).rejects.toThrow('this QR is void')
    await phone.scan(drawn())
    expect(await one.closed()).toBe(515)
  })

  it('makes the later references with the old secret void, too: what Baileys goes on to draw', async () => {
    const world = await startSimulator()
    const { one, first, drawn, told } = await showing(world, { qrTimeout: 40 })
    const phone = world.simulator.phone(SHOP)
    phone.linking.onScan = ['companion_reg_refresh']
    await expect(phone.scan(first)).rejects.toThrow('check your connection')
    await vi.waitFor(() => expect(told()).toBe(1))
    const third = await one.until(() => one.qrs[2], 'a third QR')
    await expect(phone.scan(third)).rejects.toThrow('this QR is void')
    await phone.scan(drawn(third))
    expect(await one.closed()).toBe(515)
  })

  it('links nobody until it is acknowledged', { timeout: 20_000 }, async () => {
    const world = await startSimulator()
    const { first, drawn, told } = await showing(world, { acks: false })
    const phone = world.simulator.phone(SHOP)
    phone.linking.onScan = ['companion_reg_refresh']
    await expect(phone.scan(first)).rejects.toThrow('check your connection')
    await vi.waitFor(() => expect(told()).toBe(1))
    expect(world.simulator.unacked).toMatchObject([{ tag: 'notification', type: 'companion_reg_refresh' }])
    await expect(phone.scan(drawn())).rejects.toThrow('did not acknowledge companion_reg_refresh')
    expect(phone.devices).toEqual([])
  })

  it('means nothing when it names nothing: the scan goes on, with the old secret', async () => {
    const world = await startSimulator()
    const { one, first, told } = await showing(world, { rotates: false })
    const phone = world.simulator.phone(SHOP)
    phone.linking.onScan = [null]
    await phone.scan(first)
    expect(await one.closed()).toBe(515)
    expect(told()).toBe(1)
  })
})

describe('a QR that is made void in the flow of the pairing code', () => {
  it.each([
    ['while the code is only shown', 'onCode'],
    ['once the device handed over its half', 'onFinish'],
  ] as const)('does no harm to a client that leaves the secret of the code alone: %s', async (_, when) => {
    const world = await startSimulator()
    const { one } = await showing(world, { rotates: when === 'onCode', acks: false })
    const code = await one.socket!.requestPairingCode(SHOP)
    const phone = world.simulator.phone(SHOP)
    phone.linking[when] = ['companion_reg_refresh', 'pair-device-rotate-qr']
    await phone.enterCode(code)
    expect(await one.closed()).toBe(515)
  })

  it('breaks the link of a client that changes its secret after that', async () => {
    const world = await startSimulator()
    const { one } = await showing(world, { acks: false })
    const code = await one.socket!.requestPairingCode(SHOP)
    const phone = world.simulator.phone(SHOP)
    phone.linking.onFinish = ['companion_reg_refresh']
    await expect(phone.enterCode(code)).rejects.toThrow('closed before pairing ended')
    expect(phone.devices).toEqual([])
  })
})

describe('a pair-success that is wrong', () => {
  it.each(['hmac', 'incomplete'] as const)('links nobody: %s', async fault => {
    const world = await startSimulator()
    const { one, first } = await showing(world)
    const phone = world.simulator.phone(SHOP)
    phone.linking.faults = [fault]
    await expect(phone.scan(first)).rejects.toThrow('closed before pairing ended')
    expect(await one.closed()).toBe(500)
    expect(phone.devices).toEqual([])
  })

  it('tells how the device refuses it', async () => {
    const world = await startSimulator()
    const { one, first } = await showing(world)
    one.socket!.ws.prependListener('CB:iq,,pair-success', ({ attrs: { id } }: BinaryNode) => {
      const error = { tag: 'error', attrs: { code: '401', text: 'hmac-mismatch' } }
      const attrs = { to: '@s.whatsapp.net', type: 'error', id: id! }
      void one.socket!.sendNode({ tag: 'iq', attrs, content: [error] })
    })
    const phone = world.simulator.phone(SHOP)
    phone.linking.faults = ['hmac']
    await expect(phone.scan(first)).rejects.toThrow('the device refused the pairing: 401 hmac-mismatch')
  })
})

it('a client that takes a success before pairing has ended asks what nobody answers', async () => {
  const world = await startSimulator()
  const { first } = await showing(world)
  const phone = world.simulator.phone(SHOP)
  phone.linking.faults = ['early-success']
  await phone.scan(first).catch(() => {})
  await vi.waitFor(() => expect(world.simulator.ledger.unanswered).not.toEqual([]))
  world.simulator.ledger.clear()
})
