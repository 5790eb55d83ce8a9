import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const [ANA, EVA, STRANGER, NEWCOMER] = ['34600000002', '34600000003', '34600000004', '34600000005'] as const

const world = new World({ SEND_PER_MINUTE: '30', LARAVEL_MESSAGE_STATUS: 'true', SEND_WAIT_MS: '3000' })
beforeAll(async () => {
  await world.start()
  await world.link('shop', SHOP)
  for (const number of [ANA, EVA, STRANGER, NEWCOMER]) world.simulator.contact(number)
})
afterAll(() => world.end())

const texts = (number: string) => world.simulator.contact(number).inbox.map(({ text }) => text)
const soon = (check: () => void) => vi.waitFor(check, { timeout: 90_000, interval: 50 })

it('what exceeds SEND_PER_MINUTE is answered 202 and arrives later, in order', async () => {
  const began = Date.now()
  const bodies = Array.from({ length: 8 }, (_, i) => `m${i}`)
  const answers = []
  for (const body of bodies) answers.push(world.send('shop', ANA, body))
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  expect(statuses.filter(status => status === 200).length).toBeGreaterThanOrEqual(5)
  expect(statuses.at(-1)).toBe(202)
  await soon(() => expect(texts(ANA)).toEqual(bodies))
  // Five at once, then one every 2 s.
  expect(Date.now() - began).toBeGreaterThan(5_500)
})

it('a message that WhatsApp answers with 429 arrives later under the same id', {
  timeout: 150_000,
}, async () => {
  world.simulator.errorAck(SHOP, 429)
  const answer = await world.send('shop', EVA, 'too fast')
  expect(answer).toMatchObject({ status: 202, body: { status: 'queued' } })
  const { message_id } = answer.body
  await soon(() => expect(texts(EVA)).toEqual(['too fast']))
  await soon(() => {
    const told = world.laravel.accepted('/messages/status').filter(one => one.message_id === message_id)
    expect(told.map(({ status }) => status)).toEqual(['sent', 'delivered'])
  })
})

it('a 463 fails that message and pauses new chats, while known chats go on', {
  timeout: 240_000,
}, async () => {
  await world.simulator.contact(EVA).say(SHOP, 'a question')
  await world.laravel.seen(({ path, body }) => path === '/messages' && body.body === 'a question')
  world.simulator.errorAck(SHOP, 463)
  // It may wait for its turn, so that only the status tells.
  const refused = await world.send('shop', STRANGER, 'hello?')
  expect([202, 422]).toContain(refused.status)
  await soon(() =>
    expect(world.laravel.accepted('/messages/status').at(-1)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/^463: /),
    }),
  )
  const paused = await world.send('shop', NEWCOMER, 'hello?')
  expect(paused).toMatchObject({ status: 429, body: { error: 'NEW_CHATS_PAUSED' } })
  await world.send('shop', EVA, 'an answer')
  await soon(() => expect(texts(EVA)).toContain('an answer'))
})
