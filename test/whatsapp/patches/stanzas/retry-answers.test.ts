import { MessageRetryManager } from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { limitRequests } from '../../../../src/whatsapp/patches/stanzas/retry-answers.ts'
import { createWorld, type Owner, WAIT, type World } from '../../world.ts'

const patch = vi.hoisted(() => ({ isOn: true }))
vi.mock(import('../../../../src/whatsapp/patches/stanzas/retry-answers.ts'), async original => {
  const { withAllAnswers, ...rest } = await original()
  return { ...rest, withAllAnswers: config => (patch.isOn ? withAllAnswers(config) : config) }
})

const SHOP = '34600000001'
/** The phones of the simulator ask so often. */
const ASKED = 3

let world: World
let owner: Owner
beforeAll(async () => {
  world = await createWorld()
  owner = await world.linked(SHOP)
})
afterAll(() => world.close())

/** A send to a phone that cannot read it until it has asked for it so often; its contact. */
async function unreadable(pn: string) {
  const contact = world.sim.contact(pn)
  await owner.opened()
  await world.sim.fault({ kind: 'retry-receipt', account: SHOP, times: ASKED })
  const id = world.whatsApp.newMessageId()
  await owner.socket!.send(id, { type: 'text', to: contact.account.jid, body: 'hello', reply_to: null })
  const requests = () => world.sim.ledger.undecryptable.filter(one => one.id === id).length
  return { contact, requests }
}

it('is needed: Baileys acknowledges the third request for a message and does not answer it', async () => {
  patch.isOn = false
  const { contact, requests } = await unreadable('34611000001')
  await vi.waitFor(() => expect(requests()).toBe(ASKED), WAIT)
  await vi.waitFor(() => expect(world.sim.unacked).toEqual([]), WAIT)
  expect(contact.inbox, 'upstream mended it: drop retry-answers.ts').toEqual([])
  await owner.socket!.end()
})

it('answers as often as a phone asks', async () => {
  patch.isOn = true
  const { contact, requests } = await unreadable('34611000002')
  await vi.waitFor(() => expect(contact.inbox.map(({ text }) => text)).toEqual(['hello']), WAIT)
  expect(requests()).toBe(ASKED)
})

it('asks five times itself', () => {
  const manager = new MessageRetryManager(pino({ level: 'silent' }), 10)
  limitRequests({ messageRetryManager: manager })
  for (let asked = 0; asked < 5; asked++) {
    expect(manager.hasExceededMaxRetries('A')).toBe(false)
    manager.incrementRetryCount('A')
  }
  expect(manager.hasExceededMaxRetries('A')).toBe(true)
})
