import { describe, expect, it } from 'vitest'
import { answered, createHarness, MINUTE, ok, SECOND, unanswered } from './harness.ts'

const told = (harness: ReturnType<typeof createHarness>) =>
  harness.logs
    .map(line => JSON.parse(line))
    .filter(({ msg }) => msg.includes('over a minute'))
    .map(({ level, msg, lanes, route, error }) => ({ level, msg, lanes, route, error }))

const LATE = 'deliveries have waited for laravel for over a minute'
const OVER = 'nothing waits for laravel for over a minute any more'

describe('a chat that waits though its route works', () => {
  it('is told after a minute, once, with what Laravel answers and what mends it, and once when it is over', async () => {
    const harness = createHarness()
    harness.respond(call => (call.lane === 'poison' ? answered(500) : ok))
    harness.deliveries.start()
    harness.add('poison')
    await harness.clock.advance(1)
    harness.add('proof')
    await harness.clock.advance(59 * SECOND)
    expect(harness.deliveries.late()).toEqual({ problem: null, lanes: 0 })
    await harness.clock.advance(31 * SECOND)
    const { problem, lanes } = harness.deliveries.late()
    expect(lanes).toBe(1)
    expect(problem?.message).toBe(
      '1 chat or session waits for Laravel for over a minute, the longest since 2026-01-01 00:00 UTC on /messages: Laravel has answered 500; its log says why (storage/logs/laravel.log). GET /deliveries?state=waiting lists what waits, POST /deliveries/retry tries it now.',
    )
    expect(harness.deliveries.health().ok).toBe(true)
    await harness.clock.advance(10 * MINUTE)
    expect(told(harness)).toEqual([{ level: 40, msg: LATE, lanes: 1, route: '/messages', error: 'HTTP 500' }])
    harness.respond(() => ok)
    await harness.clock.advance(20 * MINUTE)
    expect(harness.deliveries.late()).toEqual({ problem: null, lanes: 0 })
    expect(told(harness).slice(1)).toEqual([{ level: 30, msg: OVER }])
  })

  it('is told again when its cause is another', async () => {
    const harness = createHarness()
    let answer = answered(403)
    harness.respond(call => (call.lane === 'poison' ? answer : ok))
    harness.deliveries.start()
    harness.add('poison')
    await harness.clock.advance(1)
    harness.add('proof')
    await harness.clock.advance(5 * MINUTE)
    answer = unanswered('timeout after 15 s')
    await harness.clock.advance(30 * MINUTE)
    expect(told(harness).map(({ error }) => error)).toEqual(['HTTP 403', 'timeout after 15 s'])
    expect(harness.deliveries.late().problem?.message).toMatch(/on \/messages: .*LARAVEL_TIMEOUT_MS/)
  })

  it('is none while its route is held: the outage is told, and its chats are not', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    harness.deliveries.start()
    for (let n = 0; n < 20; n++) harness.add(`lane${n}`)
    await harness.clock.advance(10 * MINUTE)
    expect(harness.deliveries.health().ok).toBe(false)
    expect(harness.deliveries.late()).toEqual({ problem: null, lanes: 0 })
    expect(told(harness)).toEqual([])
  })

  it('may wait for its file as long as files may take', async () => {
    const harness = createHarness({ files: { waitMs: 2 * MINUTE, linkTo: () => '', has: async () => true } })
    const gate = new Promise<never>(() => {})
    harness.respond(() => gate)
    harness.deliveries.start()
    for (let n = 0; n < 40; n++) harness.add(`lane${n}`)
    await harness.clock.advance(150 * SECOND)
    expect(harness.deliveries.late().lanes).toBe(0)
    await harness.clock.advance(60 * SECOND)
    expect(harness.deliveries.late()).toMatchObject({
      lanes: 40,
      problem: { message: expect.stringContaining('turn'), said: [{ says: 'late_in_turn' }] },
    })
  })
})
