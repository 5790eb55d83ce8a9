import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../src/whatsapp/patches/nct-salt-action.ts'), async original => {
  const real = await original()
  return { ...real, hearNctSalt: (logger, told) => (patch.isOn ? real.hearNctSalt(logger, told) : logger) }
})

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** A session whose phone has linked it and given it what it has; strangers are refused. */
async function linked(pn: string, saltBy: 'history' | 'app-state' | null): Promise<Owner> {
  const phone = world.sim.phone(pn, { name: 'Shop' })
  Object.assign(phone.firstContacts, {
    strict: true,
    salt: randomBytes(32),
    ...(saltBy ? { saltBy } : { salt: null }),
  })
  const owner = await world.owner(`s${pn}`)
  owner.open()
  await owner.fact('socket.qr')
  await phone.scan(world.vault.read(owner.sessionId)!.text)
  await owner.fact('socket.closed')
  await owner.opened()
  const [device] = phone.devices
  await vi.waitFor(() => expect(device!.synced.length).toBeGreaterThan(4), WAIT)
  await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
  return owner
}

/** What becomes of a text to somebody who never wrote. */
async function outcome(owner: Owner, pn: string): Promise<string> {
  const { account } = world.sim.contact(pn)
  const id = world.whatsApp.newMessageId()
  await owner.socket!.send(id, { type: 'text', to: account.jid, body: 'hello', reply_to: null })
  const find = () => owner.updates.find(one => one.messageId === id)
  await vi.waitFor(() => expect(find()).toBeDefined(), WAIT)
  const update = find()!
  return update.status === 'failed' ? update.code : update.status
}

it('A message to somebody new is refused when the phone gave nothing for it', async () => {
  const owner = await linked('34600000001', null)
  expect(await outcome(owner, '34611000001')).toBe('463')
})

it('The salt in the history of the phone lets it write to somebody new, also after a restart', async () => {
  const owner = await linked('34600000002', 'history')
  expect(await outcome(owner, '34611000002')).not.toBe('463')
  await owner.socket!.end()
  await owner.opened()
  expect(await outcome(owner, '34611000003')).not.toBe('463')
  expect(world.log.join()).not.toContain('nctSalt')
})

it('is needed: Baileys does not tell of the salt in the app state', async () => {
  patch.isOn = false
  const owner = await linked('34600000003', 'app-state')
  expect(await outcome(owner, '34611000004'), 'upstream mended it: drop nct-salt-action.ts').toBe('463')
})

it('The salt in the app state does the same', async () => {
  patch.isOn = true
  const owner = await linked('34600000004', 'app-state')
  await vi.waitFor(async () => expect(await outcome(owner, '34611000005')).not.toBe('463'), WAIT)
})

it('A contact’s own token is used where there is one, and ours is given to whom it wrote', async () => {
  const owner = await linked('34600000005', null)
  const eve = world.sim.contact('34611000006')
  eve.giveToken('34600000005')
  await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
  expect(await outcome(owner, eve.pn)).not.toBe('463')
  const { issued } = world.sim.phone('34600000005').firstContacts
  await vi.waitFor(() => expect(issued).toMatchObject([{ jid: eve.account.lidJid }]), WAIT)
})
