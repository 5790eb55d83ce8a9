import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LaravelCause, type LaravelFault, notTaken } from '../../src/ports/laravel.ts'
import { World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await World.start()
})
afterEach(() => world.end())

const fault = (cause: LaravelCause, route: string): LaravelFault => ({
  cause,
  route,
  status: 401,
  since: world.clock.now(),
  message: `Laravel has answered 401 on ${route}: check LARAVEL_TOKEN.`,
})
const view = async () => {
  const { reason, reasonText } = await world.queries.get('s1')
  return [reason, reasonText]
}
async function offered() {
  const socket = await world.started()
  socket.qr('a', world.clock.now() + 60_000)
  await world.settle()
  return socket
}

describe('A session whose QR does not come', () => {
  it('says what Laravel answered to the question, until it answers as it should', async () => {
    world.laravel.answer = async () => 'unknown'
    world.laravel.fault = fault('unauthorized', 'GET /whatsapp/status/{id}')
    await offered()
    expect(world.state()).toBe('awaitingQr.verifying.pausing')
    const why = ['laravel_unauthorized', world.laravel.fault.message]
    expect(await view()).toEqual(why)
    await world.wait(1000)
    expect(await view()).toEqual(why)
    world.laravel.fault = fault('timeout', 'GET /whatsapp/status/{id}')
    await world.wait(2000)
    expect(await view()).toEqual(['laravel_timeout', world.laravel.fault.message])
    world.laravel.answer = async () => 'active'
    await world.wait(4000)
    expect(world.state()).toBe('awaitingQr.shown.throttled')
    expect(await view()).toEqual([null, null])
  })

  it.each([
    '/qr',
    '/pairing-code',
  ])('says what Laravel answered to POST %s, until it takes it', async path => {
    const refusal = fault('server_error', `POST ${path}`)
    let isUp = false
    world.laravel.onPublish = async () => {
      if (!isUp) throw notTaken('it', refusal)
    }
    const phoneNumber = path === '/qr' ? undefined : '34600000001'
    await world.commands.start({ sessionId: 's1', userId: 7, ...(phoneNumber && { phoneNumber }) })
    await world.settle()
    const socket = world.whatsapp.socketOf('s1')
    const offer = (hash: string) =>
      phoneNumber
        ? socket.code(hash, world.clock.now() + 60_000)
        : socket.qr(hash, world.clock.now() + 60_000)
    offer('a')
    await world.settle()
    expect(world.state()).toBe('awaitingQr.publishing.pausing')
    expect(await view()).toEqual(['laravel_server_error', refusal.message])
    // The question is answered for the next one: what is wrong with the QR stays said.
    offer('b')
    await world.settle()
    expect(await view()).toEqual(['laravel_server_error', refusal.message])
    isUp = true
    await world.wait(5000)
    expect(await view()).toEqual([null, null])
  })

  it('does not say that nobody scanned what Laravel never showed', async () => {
    world.laravel.onPublish = async () => {
      throw notTaken('the QR', fault('csrf', 'POST /qr'))
    }
    const socket = await offered()
    socket.report({
      type: 'socket.closed',
      code: 408,
      reaction: 'qrExhausted',
      reason: 'qr_expired',
      reasonText: 'Nobody scanned.',
    })
    await world.settle()
    expect(world.state()).toBe('awaitingQr.expired')
    const [reason, text] = await view()
    expect(reason).toBe('laravel_csrf')
    expect(text).toMatch(
      /has answered 401 on POST \/qr.*LARAVEL_TOKEN\. The QR ended meanwhile: call \/start/,
    )
  })

  it('says of a 404 that there is no row, and of `inactive` that Laravel says so', async () => {
    world.laravel.answer = async () => 'missing'
    await world.started()
    await world.wait(15_000)
    world.whatsapp.socketOf('s1').qr('a', world.clock.now() + 60_000)
    await world.settle()
    expect(await view()).toEqual([
      'laravel_inactive',
      expect.stringMatching(/404.*no row with this session_id/),
    ])
    world.laravel.answer = async () => 'inactive'
    const socket = await world.started()
    socket.qr('b', world.clock.now() + 60_000)
    await world.settle()
    expect(await view()).toEqual([
      'laravel_inactive',
      expect.stringMatching(/says that this session is not active/),
    ])
  })
})

describe('A session that Laravel said is not active', () => {
  it('says why Laravel cannot be asked again', async () => {
    const socket = await world.linked()
    world.laravel.answer = async () => 'inactive'
    socket.report({
      type: 'socket.closed',
      code: 428,
      reaction: 'backoff',
      reason: 'network',
      reasonText: 'It was lost.',
    })
    await world.settle()
    expect(world.state()).toBe('reconnecting.suspended.resting')
    world.laravel.answer = async () => 'unknown'
    world.laravel.fault = fault('unreachable', 'GET /whatsapp/status/{id}')
    await world.waitForRetry()
    expect(await view()).toEqual([
      'laravel_inactive',
      expect.stringMatching(/cannot be asked again now\. Laravel has answered 401/),
    ])
  })
})
