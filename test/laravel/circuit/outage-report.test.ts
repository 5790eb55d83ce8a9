import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../../src/laravel/attempt.ts'
import { answered, createHarness, HOUR, MINUTE, ok, SECOND, unanswered } from '../harness.ts'

describe('the health of the deliveries during an outage', () => {
  it('says in one sentence what Laravel answers, since when, and how many deliveries wait', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    expect(harness.deliveries.health(await harness.deliveries.waiting())).toEqual({ ok: true, problem: null })
    harness.respond(() => answered(500))
    await harness.clock.advance(12 * HOUR + 3 * MINUTE)
    for (let n = 0; n < 3; n++) harness.add(`lane${n}`)
    await harness.clock.advance(20 * MINUTE)
    expect(harness.deliveries.health(await harness.deliveries.waiting())).toEqual({
      ok: false,
      problem:
        'Laravel at http://app.test/api has answered 500 on /messages since 2026-01-01 12:03 UTC (3 deliveries waiting): its log says why (storage/logs/laravel.log)',
    })
    harness.respond(() => ok)
    await harness.clock.advance(30 * SECOND)
    expect(harness.deliveries.health(await harness.deliveries.waiting())).toEqual({ ok: true, problem: null })
    expect(harness.logs.map(line => JSON.parse(line).msg)).toEqual([
      'laravel takes no deliveries on this route, they are held',
      'laravel takes deliveries on this route again',
    ])
  })

  it('keeps nobody waiting for a store that does not answer', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    harness.respond(() => answered(500))
    await harness.clock.advance(MINUTE)
    for (let n = 0; n < 8; n++) harness.add(`lane${n}`)
    await harness.clock.advance(MINUTE)
    harness.table.store.counts = () => new Promise(() => {})
    const asked = harness.deliveries.waiting()
    await harness.clock.advance(SECOND)
    expect(harness.deliveries.health(await asked)).toEqual({
      ok: false,
      problem: expect.stringMatching(/has answered 500 on \/messages since [^(]*: its log says why/),
    })
  })

  it.each<[Attempt, string]>([
    [answered(404), '(1 delivery waiting): check LARAVEL_URL and the routes in routes/api.php'],
    [answered(429), '(1 delivery waiting): raise the limit of its throttle for this address'],
    [answered(503), '(1 delivery waiting): it is in maintenance or overloaded'],
    [
      unanswered('ECONNREFUSED'),
      'has not answered (ECONNREFUSED) on /messages since 2026-01-01 00:00 UTC (1 delivery waiting)',
    ],
    [
      answered(401),
      'has answered 401 on /messages since 2026-01-01 00:00 UTC (1 delivery waiting): check LARAVEL_TOKEN',
    ],
    [answered(302), '(1 delivery waiting): LARAVEL_URL must be the final address'],
  ])('after %j it says: %s', async (failure, sentence) => {
    const harness = createHarness()
    harness.deliveries.start()
    harness.respond(() => failure)
    harness.add('a')
    await harness.clock.advance(10 * SECOND)
    expect(harness.deliveries.health(await harness.deliveries.waiting()).problem).toContain(sentence)
  })

  it('is told in the log at each change of its cause and at no other time, and names the routes that are held', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    for (const [minute, status] of [500, 500, 503, 401, 401, 500].entries()) {
      harness.respond(() => answered(status))
      harness.add(`chat${minute}`)
      if (minute === 0) harness.add('calls', { kind: 'events' })
      await harness.clock.advance(MINUTE)
    }
    const told = (lines: string[]) =>
      lines.map(line => JSON.parse(line)).map(({ route, error, msg }) => `${route} ${error ?? msg}`)
    const route = (path: string) => told(harness.logs).filter(line => line.startsWith(`${path} `))
    const causes = ['HTTP 500', 'HTTP 503', 'HTTP 401', 'HTTP 500']
    expect(route('/messages')).toEqual(causes.map(cause => `/messages ${cause}`))
    expect(route('/whatsapp/events')).toEqual(causes.map(cause => `/whatsapp/events ${cause}`))
    expect(harness.logs).toHaveLength(8)
    expect(harness.deliveries.health(await harness.deliveries.waiting()).problem).toContain(
      'has answered 500 on /messages, /whatsapp/events since 2026-01-01 00:00 UTC (7 deliveries waiting)',
    )
    harness.respond(() => ok)
    await harness.clock.advance(MINUTE)
    expect(told(harness.logs.slice(8)).sort()).toEqual([
      '/messages laravel takes deliveries on this route again',
      '/whatsapp/events laravel takes deliveries on this route again',
    ])
  })

  it('of a moment is no outage: what ends with its first probe is not told', async () => {
    const harness = createHarness({ concurrency: 1 })
    harness.respond(() => (harness.calls.length <= 6 ? answered(500) : ok))
    for (let n = 0; n < 20; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(6 * SECOND)
    expect(harness.table.rows.size).toBe(0)
    expect(harness.logs).toEqual([])
  })

  it('reports a wrong LARAVEL_URL before anything else', async () => {
    const harness = createHarness()
    const problem = { ok: false, problem: 'LARAVEL_URL is wrong' }
    harness.wrongAddress(problem)
    expect(harness.deliveries.health(await harness.deliveries.waiting())).toEqual(problem)
  })
})
