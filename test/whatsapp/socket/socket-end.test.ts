import { describe, expect, it, vi } from 'vitest'
import { type OpenSessions, text, useOpenSessions } from '../open-sessions.ts'
import { WAIT, type World } from '../world.ts'

let world: World
let sessions: OpenSessions
useOpenSessions((...begun) => {
  ;[world, sessions] = begun
})

describe('the end of a socket that its owner wants', () => {
  it('keeps the link, reports nothing, and rejects what is in flight at once', async () => {
    const owner = await sessions.open()
    const from = owner.facts.length
    await world.sim.fault({ kind: 'silence', account: owner.pn })
    const unknown = world.sim.contact('34611000005').account.jid
    const sending = owner.socket!.send('in-flight', text(unknown, 'needs an answer of the server'))
    const refused = expect(sending).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', retryable: true })
    await owner.socket!.end()
    await refused
    await world.sim.heal()
    expect(owner.facts).toHaveLength(from)
    await owner.opened()
    await sessions.expectToWork(owner)
  })

  it.each([
    'at once',
    'while it shows a QR',
  ])('resolves %s, reports nothing and withdraws the QR', async when => {
    const owner = await world.owner(`end${sessions.newNumber()}`)
    const socket = await owner.open()
    if (when !== 'at once') await owner.fact('socket.qr')
    const from = owner.facts.length
    await socket.end()
    await socket.end()
    expect(owner.facts).toHaveLength(from)
    expect(world.vault.read(owner.sessionId)).toBeNull()
  })

  it('resolves when all that was received is handed over', async () => {
    const owner = await sessions.open()
    const ana = world.sim.contact('34611000006')
    const said = Promise.all(Array.from({ length: 10 }, (_, i) => ana.say(owner.pn, `m${i}`)))
    await vi.waitFor(() => expect(owner.received_.length).toBeGreaterThan(0), WAIT)
    await owner.socket!.end()
    expect(await owner.unfinished()).toBe(0)
    const { length } = owner.received_
    await said
    expect(owner.received_).toHaveLength(length)
    await owner.opened()
    expect((await owner.texts(10)).sort()).toEqual(Array.from({ length: 10 }, (_, i) => `m${i}`))
  })
})
