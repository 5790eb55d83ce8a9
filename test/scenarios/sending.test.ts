import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'

describe('a send', () => {
  const world = new World({ LOG_LEVEL: 'info', SEND_WAIT_MS: '1500', CONNECT_PER_SECOND: '1000' })
  beforeAll(async () => {
    await world.start()
    await world.link('shop', SHOP)
    world.simulator.contact(ANA)
  }, 30_000)
  afterAll(() => world.end())

  const send = (body: string, idempotency_key?: string) =>
    world.call('POST', '/send-message', {
      session_id: 'shop',
      wa_id: ANA,
      type: 'text',
      body,
      ...(idempotency_key !== undefined && { idempotency_key }),
    })
  const inbox = () => world.simulator.contact(ANA).inbox
  const view = () => [...new Map(inbox().map(({ id, text }) => [id, text])).values()]
  const status = async (id: unknown) =>
    (await world.call('GET', `/sessions/shop/messages/${id}`)).body as unknown as {
      status: string
      attempts: number
      history: { status: string }[]
    }
  const statusIs = (id: unknown, wanted: string) =>
    vi.waitFor(async () => expect((await status(id)).status).toBe(wanted), { timeout: 20_000, interval: 50 })

  it('waits for a session that reconnects, is answered with 202, and goes out when it opens', async () => {
    await world.simulator.fault({ kind: 'refuse' })
    await world.waitForState('shop', 'reconnecting', 'starting')
    const asked = performance.now()
    const { status: code, body } = await send('while away', 'away')
    expect([code, body.status]).toEqual([202, 'queued'])
    expect(performance.now() - asked).toBeGreaterThan(1_400)
    expect((await send('while away', 'away')).body).toMatchObject({
      message_id: body.message_id,
      status: 'queued',
      replayed: true,
    })
    await world.simulator.heal()
    await statusIs(body.message_id, 'delivered')
    expect(inbox().map(({ id, text }) => [id, text])).toEqual([[body.message_id, 'while away']])
    const again = await send('while away', 'away')
    expect([again.status, again.body.message_id, again.body.status]).toEqual([
      200,
      body.message_id,
      'delivered',
    ])
  })

  it('goes out once under one Idempotency-Key, however many ask at the same time', async () => {
    await world.waitForState('shop', 'open')
    const answers = await Promise.all(Array.from({ length: 30 }, () => send('only one', 'thirty')))
    const codes = answers.map(({ status: code }) => code)
    expect(new Set(codes)).toEqual(new Set(codes.includes(409) ? [200, 409] : [200]))
    const ids = answers.filter(({ status: code }) => code === 200).map(({ body }) => body.message_id)
    expect(new Set(ids).size).toBe(1)
    await statusIs(ids[0], 'delivered')
    expect(inbox().filter(({ text }) => text === 'only one')).toHaveLength(1)
    expect(await send('another text', 'thirty')).toMatchObject({
      status: 422,
      body: { error: 'IDEMPOTENCY_MISMATCH' },
    })
  })

  it('is found by its Idempotency-Key when a kill -9 took the answer', { timeout: 60_000 }, async () => {
    for (let n = 0; n < 3; n++) {
      await world.waitForState('shop', 'open')
      const text = `lost answer ${n}`
      world.simulator.dropAck(SHOP)
      const broken = send(text, `kill-${n}`).catch(() => null)
      if (n > 0) await vi.waitFor(() => expect(view()).toContain(text), { timeout: 10_000, interval: 5 })
      await world.stopManager('SIGKILL')
      expect(await broken).toBeNull()
      await world.startManager()
      await world.waitForState('shop', 'open')
      const retry = await vi.waitFor(
        async () => {
          const answer = await send(text, `kill-${n}`)
          expect([200, 202]).toContain(answer.status)
          return answer
        },
        { timeout: 20_000, interval: 100 },
      )
      await statusIs(retry.body.message_id, 'delivered')
      expect(view().filter(one => one === text)).toEqual([text])
    }
  })

  it('is unknown after three connections without an ack, and not sent for ever', {
    timeout: 90_000,
  }, async () => {
    await world.waitForState('shop', 'open')
    world.simulator.dropAck(SHOP, 10)
    world.simulator.contact(ANA).autoDelivered = false
    const { body } = await send('into the dark')
    expect(body.status).toBe('queued')
    for (let n = 0; n < 3; n++) {
      expect((await world.call('POST', '/sessions/shop/restart')).status).toBe(200)
      await world.waitForState('shop', 'open')
      if (n < 2)
        await vi.waitFor(async () => expect((await status(body.message_id)).attempts).toBe(n + 2), {
          timeout: 20_000,
        })
    }
    await statusIs(body.message_id, 'unknown')
    expect(inbox().filter(({ text }) => text === 'into the dark')).toHaveLength(3)
    expect(view().filter(text => text === 'into the dark')).toHaveLength(1)
    const { history } = await status(body.message_id)
    expect(history.map(step => step.status)).toEqual(['queued', 'transmitted', 'unknown'])
  })
})
