import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatsByLid, readCreds } from '../../../src/whatsapp/keys/creds.ts'
import { createWorld, type World } from '../world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

describe('pairing on the real socket', () => {
  it('goes from the QR over its scan and a 515 to open, and opens again with the same credentials', async () => {
    const owner = await world.owner('pair')
    owner.open()
    const qr = await owner.fact('socket.qr')
    const held = world.vault.read('pair')!
    expect(held).toMatchObject({ hash: qr.hash, expiresAt: qr.expiresAt })
    expect(createHash('sha256').update(held.text).digest('hex')).toBe(qr.hash)
    expect(Math.abs(qr.expiresAt - Date.now() - 60_000)).toBeLessThan(10_000)
    await world.sim.phone('34600000001', { name: 'Shop' }).scan(held.text)
    const closed = await owner.fact('socket.closed')
    expect(closed).toMatchObject({ code: 515, reaction: 'reconnectNow' })
    expect(world.vault.read('pair')).toBeNull()
    expect(owner.facts.map(fact => fact.type)).toEqual(['socket.qr', 'socket.paired', 'socket.closed'])
    expect(owner.facts[1]).toMatchObject({ waId: '34600000001', lid: expect.stringMatching(/^\d+@lid$/) })

    await owner.opened()
    const opened = await owner.fact('socket.opened')
    expect(opened).toMatchObject({ waId: '34600000001', lid: expect.stringMatching(/^\d+@lid$/) })
    // The phone's first messages carry the account's name.
    expect(await owner.fact('socket.named')).toEqual({ type: 'socket.named', pushName: 'Shop' })
    await owner.socket!.end()
    const before = owner.facts.length
    await owner.opened()
    expect(owner.facts[before]).toMatchObject({ type: 'socket.opened', pushName: 'Shop' })
    expect(world.sim.counters.registrations).toBe(1)
    expect(world.sim.ledger.unanswered).toEqual([])
  })

  it.each([
    true,
    false,
  ])('keeps whether the direct chats of the account are kept by LID: %s', async chatsAreByLid => {
    const owner = await world.owner(`by lid ${chatsAreByLid}`)
    owner.open()
    await owner.fact('socket.qr')
    const phone = world.sim.phone(`3460000001${chatsAreByLid ? 1 : 2}`)
    phone.account.migrated = chatsAreByLid
    await phone.scan(world.vault.read(owner.sessionId)!.text)
    await owner.fact('socket.paired')
    const stored = await readCreds(world.store.keys, owner.streamId)
    expect(stored.found === 'creds' && chatsByLid(stored.creds)).toBe(chatsAreByLid)
  })
})
