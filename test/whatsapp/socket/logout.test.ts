import { describe, expect, it, vi } from 'vitest'
import { Logout } from '../../../src/whatsapp/socket/logout.ts'
import { createTestClock } from '../../base/clock.ts'
import { closings, type OpenSessions, useOpenSessions } from '../open-sessions.ts'
import { WAIT, type World } from '../world.ts'

let world: World
let sessions: OpenSessions
useOpenSessions((...begun) => {
  ;[world, sessions] = begun
})

describe('a logout', () => {
  it('is confirmed once WhatsApp was asked, and the device is removed', async () => {
    const owner = await sessions.open()
    const [device] = world.sim.phone(owner.pn).devices
    owner.socket!.logout()
    owner.socket!.logout()
    await owner.fact('logout.confirmed')
    expect(closings(owner)).toHaveLength(1)
    await vi.waitFor(() => expect(device!.removed).toBe(true), WAIT)
  })

  it('that is asked for before the session is open is sent when it is', async () => {
    const owner = await world.linked(sessions.newNumber())
    ;(await owner.open()).logout()
    await owner.fact('logout.confirmed')
    expect(owner.facts.map(fact => fact.type)).toEqual(['socket.opened', 'logout.confirmed'])
  })

  it('is confirmed 2 s after it was sent when WhatsApp does not answer', async () => {
    const owner = await sessions.open()
    await world.sim.fault({ kind: 'silence', account: owner.pn })
    const asked = performance.now()
    owner.socket!.logout()
    await owner.fact('logout.confirmed')
    expect(performance.now() - asked).toBeGreaterThanOrEqual(1990)
    await world.sim.heal()
  })

  it.each([
    ['is durable and it has left', 2_000, 'Intentional Logout'],
    ['could not be stored', 0, 'Connection Closed'],
  ])('that waits behind what is being stored is over once that %s', async (_, wait, message) => {
    const clock = createTestClock()
    const ends: unknown[] = []
    const left = Promise.withResolvers<void>()
    const socket = {
      user: { id: '1:1@s.whatsapp.net' },
      generateMessageTag: () => 'tag',
      waitForMessage: () => new Promise(() => {}),
      sendNode: async () => {},
      end: async (error: Error | undefined) => void ends.push(error?.message),
    }
    new Logout(socket as never, clock, () => left.promise).ask(true)
    await clock.advance(60_000)
    expect(ends).toEqual([])
    if (wait > 0) left.resolve()
    else left.reject(new Error('disk full'))
    await clock.advance(wait)
    await clock.advance(wait)
    expect(ends).toEqual([message])
  })

  it('is not confirmed when the connection was lost before', async () => {
    const owner = await sessions.open()
    await world.sim.fault({ kind: 'reset', account: owner.pn })
    await owner.fact('socket.closed')
    owner.socket!.logout()
    await owner.socket!.end()
    expect(closings(owner).map(fact => fact.type)).toEqual(['socket.closed'])
  })
})
