import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closedAs, opened, World } from './world.ts'

const SHOP = '34600000001'
const OTHER = '34600000009'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const start = async (phoneNumber?: string) => {
  await world.commands.start({
    sessionId: 's1',
    userId: 7,
    ...(phoneNumber !== undefined && { phoneNumber }),
  })
  await world.settle()
  return world.whatsapp.socketOf('s1')
}
const codes = () => world.laravel.codes.map(({ text }) => text)

/** A session whose code `a` Laravel has. */
async function shown() {
  const socket = await start(SHOP)
  socket.code('a', world.clock.now() + 160_000)
  await world.settle()
  return socket
}

describe('A session started with a phone number', () => {
  it('opens its socket with the number, and Laravel gets the pairing code, never a QR', async () => {
    const socket = await shown()
    expect(socket.owner.phoneNumber).toBe(SHOP)
    expect(world.laravel.asked).toEqual(['s1'])
    expect(codes()).toEqual(['secret code of a'])
    expect(world.laravel.published).toEqual([])
    expect(world.state()).toBe('awaitingQr.shown.throttled')
    expect(world.statuses()).toEqual(['pending'])
  })

  it('stores and logs the code nowhere', async () => {
    await shown()
    expect(JSON.stringify(world.rows())).not.toContain('secret')
    expect(JSON.stringify(world.disk.committed)).not.toContain('secret')
  })

  it('waits as long as the code is valid, not for QR_EXPIRY_MS', async () => {
    await shown()
    await world.wait(159_000)
    expect(world.state()).toMatch(/^awaitingQr\.shown/)
    await world.wait(1000)
    expect(world.state()).toBe('awaitingQr.expired')
    expect(world.vault.readCode('s1')).toBeNull()
    expect(world.statuses()).toEqual(['pending', 'inactive'])
  })

  it('has the throttle of QRs, and publishes the newest code when it ends', async () => {
    const socket = await shown()
    socket.code('b', world.clock.now() + 160_000)
    await world.wait(10_000)
    socket.code('c', world.clock.now() + 160_000)
    await world.wait(19_999)
    expect(codes()).toEqual(['secret code of a'])
    await world.wait(1)
    expect(codes()).toEqual(['secret code of a', 'secret code of c'])
  })

  it('publishes a code again that Laravel did not take, while it is the newest', async () => {
    let failures = 2
    world.laravel.onPublish = async () => {
      if (failures-- > 0) throw new Error('HTTP 500')
    }
    await shown()
    await world.wait(10_000)
    expect(codes()).toEqual(Array(3).fill('secret code of a'))
    expect(world.state()).toBe('awaitingQr.shown.throttled')
  })

  it('is refused when Laravel says that it is not active', async () => {
    world.laravel.answer = async () => 'inactive'
    await shown()
    expect(world.state()).toBe('awaitingQr.refused')
    expect(codes()).toEqual([])
    expect(world.vault.readCode('s1')).toBeNull()
  })

  it('forgets the phone number once it is linked', async () => {
    const socket = await shown()
    socket.report({ type: 'socket.paired', waId: SHOP, lid: null }, closedAs('reconnectNow', 'restart'))
    await world.settle()
    await world.openSocket()
    expect(world.context().phoneNumber).toBeUndefined()
    expect(world.state()).toMatch(/^open/)
  })

  it('asks for a new code with the next socket, after a lost connection and after a restart', async () => {
    const socket = await shown()
    socket.report(closedAs('backoff'))
    await world.settle()
    await world.waitForRetry()
    expect(world.whatsapp.socketOf('s1').owner.phoneNumber).toBe(SHOP)
    world.kill()
    await world.boot()
    expect(world.whatsapp.socketOf('s1').owner.phoneNumber).toBe(SHOP)
  })

  it('shows a QR again after a /start without a phone number, once the code has expired', async () => {
    await shown()
    await world.wait(160_000)
    expect((await start()).owner.phoneNumber).toBeNull()
    expect(world.context().phoneNumber).toBeUndefined()
  })

  it('ignores a /start without a phone number, or with the same one', async () => {
    const socket = await shown()
    expect(await start()).toBe(socket)
    expect(await start(SHOP)).toBe(socket)
    expect(world.context().phoneNumber).toBe(SHOP)
  })
})

describe('A request for a pairing code', () => {
  const ask = (phone = SHOP, waitMs = 4000) => {
    const asked = world.commands.requestPairingCode('s1', phone, world.clock.now() + waitMs)
    asked.catch(() => {})
    return asked
  }

  it('opens a new socket with the number in a session that shows a QR', async () => {
    const first = await world.shown()
    const asked = ask()
    await world.settle()
    const socket = world.whatsapp.socketOf('s1')
    expect(socket).not.toBe(first)
    socket.code('a', world.clock.now() + 160_000)
    await asked
    // The QR went out a moment ago.
    expect(codes()).toEqual([])
    await world.wait(30_000)
    expect(codes()).toEqual(['secret code of a'])
  })

  it('gives the same code for the same number, and another one for another number', async () => {
    const socket = await shown()
    await ask()
    expect(world.whatsapp.socketOf('s1')).toBe(socket)
    const asked = ask(OTHER)
    await world.settle()
    const next = world.whatsapp.socketOf('s1')
    expect(next.owner.phoneNumber).toBe(OTHER)
    next.code('b', world.clock.now() + 160_000)
    await asked
  })

  it('starts an expired session', async () => {
    await shown()
    await world.wait(160_000)
    const asked = ask()
    await world.settle()
    world.whatsapp.socketOf('s1').code('b', world.clock.now() + 160_000)
    await asked
    await world.wait(0)
    expect(codes()).toEqual(['secret code of a', 'secret code of b'])
  })

  it('is a retryable 404 when WhatsApp does not answer in time', async () => {
    await world.started()
    const asked = ask()
    await world.wait(4000)
    await expect(asked).rejects.toMatchObject({ code: 'PAIRING_CODE_NOT_AVAILABLE', retryable: true })
  })

  it('is refused for a linked session, and nothing changes', async () => {
    const socket = await world.linked()
    await expect(ask()).rejects.toMatchObject({ code: 'STATE_FORBIDS', status: 409 })
    socket.report(closedAs('backoff'))
    await world.settle()
    await expect(ask()).rejects.toMatchObject({ code: 'STATE_FORBIDS' })
    expect(world.context().phoneNumber).toBeUndefined()
  })

  it('links a logged out session anew', async () => {
    const socket = await world.linked()
    socket.report(closedAs('unlinked', 'unlinked'))
    await world.settle()
    const asked = ask()
    await world.settle()
    world.whatsapp.socketOf('s1').code('a', world.clock.now() + 160_000)
    await asked
    expect(world.context().phoneNumber).toBe(SHOP)
  })

  it('is a 404 for an unknown session', async () => {
    await expect(ask()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  it('never opens two sockets, however often and for whatever number it comes', async () => {
    await world.started()
    for (const phone of [SHOP, OTHER, SHOP, SHOP, OTHER]) void ask(phone)
    await world.settle()
    expect(world.whatsapp.liveSockets('s1')).toHaveLength(1)
    expect(world.whatsapp.socketOf('s1').owner.phoneNumber).toBe(OTHER)
    world.whatsapp.socketOf('s1').report(opened)
    await world.wait(4000)
  })
})
