import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/laravel/attempt.ts'
import { answered, createHarness, HOUR, MINUTE, ok, SECOND, unanswered } from './harness.ts'

describe('the health of the deliveries during an outage', () => {
  it('says in one sentence what Laravel answers, since when, and how many deliveries wait', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    expect(harness.deliveries.health()).toEqual({ ok: true, problem: null })
    harness.respond(() => answered(500))
    await harness.clock.advance(12 * HOUR + 3 * MINUTE)
    for (let n = 0; n < 3; n++) harness.add(`lane${n}`)
    await harness.clock.advance(20 * MINUTE)
    expect(harness.deliveries.health()).toEqual({
      ok: false,
      problem:
        'Laravel at http://app.test/api has answered 500 since 2026-01-01 12:03 UTC (3 deliveries waiting)',
    })
    harness.respond(() => ok)
    await harness.clock.advance(30 * SECOND)
    expect(harness.deliveries.health()).toEqual({ ok: true, problem: null })
    expect(harness.logs.map(line => JSON.parse(line).msg)).toEqual([
      'laravel takes no deliveries, all are held',
      'laravel takes deliveries again',
    ])
  })

  it.each<[Attempt, string]>([
    [
      unanswered('ECONNREFUSED'),
      'has not answered (ECONNREFUSED) since 2026-01-01 00:00 UTC (1 delivery waiting)',
    ],
    [answered(401), 'has answered 401 since 2026-01-01 00:00 UTC (1 delivery waiting): check LARAVEL_TOKEN'],
    [answered(302), '(1 delivery waiting): LARAVEL_URL must be the final address'],
  ])('after %j it says: %s', async (failure, sentence) => {
    const harness = createHarness()
    harness.deliveries.start()
    harness.respond(() => failure)
    harness.add('a')
    await harness.clock.advance(1)
    expect(harness.deliveries.health().problem).toContain(sentence)
  })

  it('reports a wrong LARAVEL_URL before anything else', () => {
    const harness = createHarness()
    const problem = { ok: false, problem: 'LARAVEL_URL is wrong' }
    harness.wrongAddress(problem)
    expect(harness.deliveries.health()).toEqual(problem)
  })
})
