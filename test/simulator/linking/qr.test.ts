import { Curve, WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { describe, expect, it, onTestFinished } from 'vitest'
import { verifySignature } from '../../../patches/libsignal-verify.ts'
import { memoryAuth } from '../baileys-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

describe('linking by QR', () => {
  it('takes a client from QR to open, with its name and history, without a wait of 20 s', async () => {
    const { simulator, client } = await startSimulator()
    const one = client().connect()
    const phone = simulator.phone('34600000001', { name: 'Shop' })
    const device = await phone.scan(await one.qr())
    expect(await one.closed()).toBe(515)
    expect(one.auth.creds.me).toMatchObject({ id: '34600000001:1@s.whatsapp.net', lid: device.lidJid })
    expect(phone.devices).toEqual([device])
    expect(device.online).toBe(false)
    await one.connect().open()
    expect(device.online).toBe(true)
    await one.until(() => one.auth.creds.accountSyncCounter === 1, 'history synced')
    expect(one.auth.creds.me?.name).toBe('Shop')
    expect(device.pending).toBe(0)
    expect(simulator.counters).toMatchObject({ registrations: 1, qrRefs: 6, logins: 1, refusedLogins: 0 })
  })

  it('logs in again with no QR and no second history', async () => {
    const { simulator, client } = await startSimulator()
    const one = client().connect()
    const phone = simulator.phone('34600000001')
    const device = await phone.scan(await one.qr())
    await one.closed()
    await one.connect().open()
    await one.until(() => one.auth.creds.accountSyncCounter === 1, 'history synced')
    const delivered = simulator.ledger.delivered.length
    await one.end()
    await one.closed()
    await one.connect().open()
    expect(simulator.counters.registrations).toBe(1)
    expect(device.logins).toBe(2)
    expect(simulator.ledger.delivered).toHaveLength(delivered)
    expect(simulator.ledger.redelivered).toEqual([])
  })

  it('accepts any QR of one socket, and each socket only once', async () => {
    const { simulator, client } = await startSimulator()
    const one = client(memoryAuth(), { qrTimeout: 40 }).connect()
    const third = await one.until(() => one.qrs[2], 'a third QR')
    expect(new Set(one.qrs).size).toBe(one.qrs.length)
    await simulator.phone('34600000001').scan(third)
    await expect(simulator.phone('34600000002').scan(third)).rejects.toThrow('already scanned')
    await expect(simulator.phone('34600000002').scan(one.qrs[0]!)).rejects.toThrow('already scanned')
    expect(simulator.phone('34600000002').devices).toEqual([])
  })

  it('ends with 408 when the QR references are used up, and the last QR is expired', async () => {
    const { simulator, client } = await startSimulator({ qrRefs: 2 })
    const one = client(memoryAuth(), { qrTimeout: 30 }).connect()
    expect(await one.closed()).toBe(408)
    expect(one.qrs).toHaveLength(2)
    await expect(simulator.phone('34600000001').scan(one.qrs[1]!)).rejects.toThrow('expired')
  })

  it('rejects a QR that is unknown, not a QR, or names other keys than its socket', async () => {
    const { simulator, client } = await startSimulator()
    const one = client().connect()
    const qr = await one.qr()
    const phone = simulator.phone('34600000001')
    const [ref, noise, identity, secret, platform] = qr.split('#')[1]!.split(',')
    const wrong = Buffer.alloc(32, 7).toString('base64')
    const text = (...parts: (string | undefined)[]) =>
      `https://wa.me/settings/linked_devices#${parts.join(',')}`
    await expect(phone.scan('hello')).rejects.toThrow('not a linking QR')
    await expect(phone.scan(text('2@nobody', noise, identity, secret, platform))).rejects.toThrow('no socket')
    await expect(phone.scan(text(ref, wrong, identity, secret, platform))).rejects.toThrow('Noise key')
    await expect(phone.scan(text(ref, noise, wrong, secret, platform))).rejects.toThrow('identity key')
    expect(phone.devices).toEqual([])
    expect((await phone.scan(qr)).jid).toBe('34600000001:1@s.whatsapp.net')
  })

  it('fails on both sides when the advertised secret is not the client’s', async () => {
    const { simulator, client } = await startSimulator()
    const one = client().connect()
    const phone = simulator.phone('34600000001')
    const parts = (await one.qr()).split(',')
    parts[3] = Buffer.alloc(32, 7).toString('base64')
    await expect(phone.scan(parts.join(','))).rejects.toThrow('closed before pairing ended')
    expect(await one.closed()).toBe(500)
    expect(phone.devices).toEqual([])
    expect(one.auth.creds.me).toBeUndefined()
  })

  it('links several devices to one phone under different numbers', async () => {
    const { simulator, client } = await startSimulator()
    const phone = simulator.phone('34600000001')
    for (const expected of [1, 2, 3]) {
      const one = client().connect()
      const device = await phone.scan(await one.qr())
      await one.closed()
      await one.connect().open()
      expect(device.id).toBe(expected)
    }
    expect(phone.devices.map(device => device.online)).toEqual([true, true, true])
  })
})

describe('login', () => {
  it('refuses another Noise key, an unlinked device and an unknown number with 401', async () => {
    const { simulator, client } = await startSimulator()
    const { creds } = await simulator.enroll('34600000001')
    const thief = memoryAuth({ ...creds, noiseKey: memoryAuth().creds.noiseKey })
    expect(await client(thief).connect().closed()).toBe(401)
    const stranger = memoryAuth({ ...creds, me: { id: '34699999999:1@s.whatsapp.net' } })
    expect(await client(stranger).connect().closed()).toBe(401)
    simulator.phone('34600000001').unlink()
    expect(await client(memoryAuth(creds)).connect().closed()).toBe(401)
    expect(simulator.counters).toMatchObject({ logins: 0, refusedLogins: 3 })
  })

  it('opens an enrolled device at once, and lets the newest of two sockets win', async () => {
    const { simulator, client } = await startSimulator()
    const { creds, device } = await simulator.enroll('34600000001', { name: 'Shop' })
    const auth = memoryAuth(creds)
    const one = client(auth).connect()
    await one.open()
    const two = client(auth).connect()
    await two.open()
    expect(await one.closed()).toBe(440)
    expect(device.online).toBe(true)
    expect(device.logins).toBe(2)
    expect(simulator.counters.qrRefs).toBe(0)
  })

  it('uploads the pre-keys that the server asks for', async () => {
    const { simulator, client } = await startSimulator({ preKeysOnServer: 1 })
    const { creds, device } = await simulator.enroll('34600000001')
    const one = client(memoryAuth(creds)).connect()
    await one.open()
    expect(device.preKeys).toHaveLength(5)
  })

  it('runs 20 clients from QR to open at once', async () => {
    const { simulator, client } = await startSimulator()
    const all = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const one = client().connect()
        await simulator.phone(`346000010${String(i).padStart(2, '0')}`).scan(await one.qr())
        await one.closed()
        await one.connect().open()
        await one.until(() => one.auth.creds.accountSyncCounter === 1, 'history synced', 20_000)
        return one
      }),
    )
    expect(new Set(all.map(one => one.auth.creds.me?.id)).size).toBe(20)
    expect(simulator.devices.every(device => device.online && device.pending === 0)).toBe(true)
  })
})

describe('a client that verifies signatures', () => {
  function verifyForReal() {
    const upstream = Curve.verify
    Curve.verify = verifySignature
    onTestFinished(() => {
      Curve.verify = upstream
    })
  }

  it('accepts the certificate chain and the account signature', async () => {
    const { simulator, client } = await startSimulator()
    verifyForReal()
    const one = client().connect()
    await simulator.phone('34600000001').scan(await one.qr())
    expect(await one.closed()).toBe(515)
    expect(await one.connect().open()).toBe(true)
  })

  it('refuses a server whose root key it does not trust', async () => {
    const { simulator, client } = await startSimulator()
    verifyForReal()
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(Curve.generateKeyPair().public)
    expect(await client().connect().closed()).toBe(400)
    expect(simulator.counters.registrations).toBe(0)
  })
})
