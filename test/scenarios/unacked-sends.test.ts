import { afterAll, beforeAll, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { LinkWorld } from './link-world.ts'

const simulator = new Simulator()
// Asked each 400 ms, a connection is believed for 16 s.
const world = new LinkWorld(simulator, { keepAliveMs: 400 })
beforeAll(async () => {
  const { url } = await simulator.listen()
  await world.start(url, { SEND_WAIT_MS: '0' })
})
afterAll(async () => {
  await world.end()
  await simulator.close()
})

const soon = <T>(look: () => Promise<T>) =>
  expect.poll(
    async () => {
      await world.clock.advance(0)
      return look()
    },
    { timeout: 40_000, interval: 50 },
  )

/** A send to a phone that says nothing of what it gets. */
async function send(session: string, contact: string) {
  const phone = simulator.contact(contact)
  phone.autoDelivered = false
  const request = { session_id: session, wa_id: contact, type: 'text', body: 'anybody?' }
  const asked = world.call('POST', '/send-message', request)
  await soon(async () => phone.inbox.length).toBe(1)
  const { status, body } = await asked
  expect([200, 202]).toContain(status)
  const id = (body as { message_id: string }).message_id
  const stands = async () => {
    const { body: message } = await world.call('GET', `/sessions/${session}/messages/${id}`)
    return (message as { status: string }).status
  }
  const times = () => simulator.ledger.accepted.filter(entry => entry.id === id).length
  return { phone, id, stands, times }
}

it('A send without an ack on a connection that is fine goes out again; one whose ack is late does not', {
  timeout: 120_000,
}, async () => {
  const lost = await world.linked()
  const late = await world.linked()
  await simulator.fault({ kind: 'drop-ack', account: lost })
  await simulator.fault({ kind: 'late-ack', account: late, delay: 8000 })
  const [one, other] = [await send(lost, '34620000001'), await send(late, '34620000002')]
  await soon(one.stands).toBe('transmitted')
  await soon(other.stands).toBe('transmitted')
  await soon(other.stands).toBe('sent')
  expect(await world.inState(lost, 'reconnecting.waiting')).toMatchObject({
    reason: 'unanswered',
    reason_text: expect.stringMatching(/did not acknowledge/),
  })
  expect(one.times()).toBe(1)
  await world.rest(lost)
  await world.inState(lost, 'open')
  await soon(one.stands).toBe('sent')
  expect([one.times(), other.times()]).toEqual([2, 1])
  expect(new Set(one.phone.inbox.map(({ id }) => id))).toEqual(new Set([one.id]))
  expect((await world.session(late)).state).toBe('open')
  await world.told(lost, 'pending', 'active')
})
