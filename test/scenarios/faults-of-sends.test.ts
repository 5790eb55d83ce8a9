import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const [ANA, EVA, NEW] = ['34600000002', '34600000003', '34600000004'] as const

const world = new World({ LOG_LEVEL: 'info', SEND_WAIT_MS: '1000', CONNECT_PER_SECOND: '1000' })
beforeAll(async () => {
  await world.start()
  await world.link('shop', SHOP)
  for (const number of [ANA, EVA, NEW]) world.simulator.contact(number)
}, 60_000)
afterAll(() => world.end())

/** What a phone shows of its inbox: each message once, in the order in which it came first. */
const view = (number: string) => [
  ...new Map(world.simulator.contact(number).inbox.map(({ id, text }) => [id, text])).values(),
]
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000, interval: 50 })
const status = async (id: unknown) =>
  (await world.call('GET', `/sessions/shop/messages/${id}`)).body as unknown as { status: string }

it('What lost acks, stale sessions, new devices, lost connections and kills meet goes out once, in its chat’s order', {
  timeout: 240_000,
}, async () => {
  const wanted: Record<string, string[]> = { [ANA]: [], [EVA]: [] }
  const ids: unknown[] = []
  let n = 0
  const say = async (count: number) => {
    const inChat = async (to: typeof ANA | typeof EVA) => {
      for (let i = 0; i < count; i++) {
        const body = `m${n++}`
        wanted[to]!.push(body)
        const answer = await world.send('shop', to, body)
        expect([200, 202]).toContain(answer.status)
        ids.push(answer.body.message_id)
      }
    }
    await Promise.all([inChat(ANA), inChat(EVA)])
  }
  await say(2)
  world.simulator.dropAck(SHOP, 2)
  await say(2)
  world.simulator.errorAck(SHOP, 479)
  await say(2)
  await world.simulator.enroll(ANA)
  const halfway = say(2)
  await world.simulator.fault({ kind: 'reset' })
  await halfway
  await world.waitForState('shop', 'open')
  await say(2)
  await world.stopManager('SIGKILL')
  await world.startManager()
  await say(2)
  await world.waitForState('shop', 'open')
  await soon(async () => {
    for (const id of ids) expect(['delivered', 'read']).toContain((await status(id)).status)
  })
  await soon(() => expect([view(ANA), view(EVA)]).toEqual([wanted[ANA], wanted[EVA]]))
})

it('A number that WhatsApp does not answer for is asked for again; what follows in the chat waits, others do not', {
  timeout: 180_000,
}, async () => {
  world.simulator.failQuery(SHOP, 'unanswered')
  const first = await world.send('shop', NEW, 'first')
  expect(first).toMatchObject({ status: 202, body: { status: 'queued' } })
  expect((await world.send('shop', NEW, 'second')).status).toBe(202)
  expect((await world.send('shop', EVA, 'meanwhile')).status).toBe(200)
  expect(view(NEW)).toEqual([])
  await soon(() => expect(view(NEW)).toEqual(['first', 'second']))
})
