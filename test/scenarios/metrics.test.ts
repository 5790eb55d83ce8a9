import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { KEY, World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'

const world = new World({ LOG_LEVEL: 'info', API_KEYS: `${KEY},wall:read` })
beforeAll(() => world.start(), 60_000)
afterAll(() => world.end())

async function samples(): Promise<Map<string, number>> {
  const response = await fetch(`${world.url}/metrics`, { headers: { 'x-api-key': 'wall' } })
  expect(response.status).toBe(200)
  const lines = (await response.text()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}
const of = async (...names: string[]) => {
  const found = await samples()
  return names.map(name => found.get(`whatsapp_manager_${name}`))
}

it('an operator sees what happened, and what stands', async () => {
  await world.link('shop', SHOP)
  await world.simulator.contact(ANA).say(SHOP, 'hola')
  await world.laravel.seen(({ path }) => path === '/messages')
  expect((await world.send('shop', ANA, 'hola')).status).toBe(200)
  await world.simulator.fault({ kind: 'reset' })
  await vi.waitFor(
    async () =>
      expect(
        await of(
          'sessions{state="open"}',
          'connects_total',
          'disconnects_total{reason="network"}',
          'qrs_total{outcome="published"}',
          'messages_total{direction="in",type="text"}',
          'messages_total{direction="out",type="text"}',
          'message_statuses_total{status="delivered"}',
          'delivery_duration_seconds_count{kind="messages",outcome="accepted"}',
          'http_request_duration_seconds_count{method="POST",route="/send-message",status="200"}',
          'delivery_outcomes_total{kind="messages",outcome="done"}',
          'deliveries_pending',
          'commits_failed_total',
        ),
      ).toEqual([1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
    { timeout: 20_000 },
  )
})

it('more sessions and chats are no more samples', async () => {
  const kinds = async () => [...(await samples()).keys()].filter(name => !/_bucket|nodejs_/.test(name)).sort()
  const before = await kinds()
  for (let n = 3; n < 6; n++) {
    await world.link(`shop-${n}`, `3460000010${n}`, n)
    await world.simulator.contact(`3460000020${n}`).say(`3460000010${n}`, 'hola')
    await world.laravel.seen(({ path, body }) => path === '/messages' && body.session_id === `shop-${n}`)
  }
  expect(await kinds()).toEqual(before)
})
