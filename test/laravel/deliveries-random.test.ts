import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Attempt } from '../../src/laravel/attempt.ts'
import { assertProperty } from '../property.ts'
import { answered, createHarness, HOUR, ok, SECOND, unanswered } from './harness.ts'

type Trouble =
  | { kind: 'status'; status: number; retryAfter: number | null }
  | { kind: 'lost'; code: string }
  /** Laravel took it, and its answer never came. */
  | { kind: 'taken'; code: string }

interface Story {
  lanes: number
  concurrency: number
  troubles: (Trouble | null)[]
  /** Deliveries are added, one by one, this many seconds apart. */
  pauses: number[]
  /** Steps at which the store fails. */
  brokenDisk: number[]
  restarts: number[]
  /** How late the table answers. */
  waits: number[]
  leased: boolean
}

const code = fc.constantFrom('timeout after 15 s', 'ECONNRESET', 'ECONNREFUSED')
const trouble: fc.Arbitrary<Trouble | null> = fc.option(
  fc.oneof(
    fc.record({
      kind: fc.constant('status' as const),
      status: fc.constantFrom(500, 502, 503, 302, 401, 404, 410, 429),
      retryAfter: fc.option(fc.integer({ min: 1, max: 600 })),
    }),
    fc.record({ kind: fc.constant('lost' as const), code }),
    fc.record({ kind: fc.constant('taken' as const), code }),
  ),
  { freq: 2 },
)

const story: fc.Arbitrary<Story> = fc.record({
  lanes: fc.integer({ min: 1, max: 6 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  troubles: fc.array(trouble, { maxLength: 60 }),
  pauses: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 40 }),
  brokenDisk: fc.array(fc.nat(39), { maxLength: 3 }),
  restarts: fc.array(fc.nat(39), { maxLength: 3 }),
  waits: fc.array(fc.nat(20), { minLength: 1, maxLength: 8 }),
  leased: fc.boolean(),
})

/** Plays a story and says what Laravel took, in order of arrival. */
async function play(told: Story) {
  const harness = createHarness({ concurrency: told.concurrency, waits: told.waits, leased: told.leased })
  const { clock } = harness
  const taken: string[] = []
  const accepted: string[] = []
  const busy = new Set<string>()
  let overlaps = 0
  const troubles = [...told.troubles]
  harness.respond(async ({ webhookId, lane }): Promise<Attempt> => {
    if (busy.has(lane)) overlaps++
    busy.add(lane)
    await Promise.resolve()
    busy.delete(lane)
    const next = harness.elapsed() < 6 * HOUR ? (troubles.shift() ?? null) : null
    if (next === null || next.kind === 'taken') taken.push(webhookId)
    if (next === null) {
      accepted.push(webhookId)
      return ok
    }
    if (next.kind !== 'status') return unanswered(next.code)
    return answered(next.status, next.retryAfter === null ? null : clock.now() + next.retryAfter * SECOND)
  })

  const added = new Map<string, string[]>()
  harness.deliveries.start()
  for (const [step, pause] of told.pauses.entries()) {
    const lane = `lane${(step * 7) % told.lanes}`
    added.set(lane, [...(added.get(lane) ?? []), harness.add(lane)])
    harness.table.breakDisk(told.brokenDisk.includes(step))
    if (told.restarts.includes(step)) {
      const stop = harness.deliveries.stop(SECOND)
      await clock.advance(SECOND)
      await stop
      harness.restart()
    }
    await clock.advance(pause * SECOND)
  }
  harness.table.breakDisk(false)
  await clock.advance(24 * HOUR)
  return { harness, taken, accepted, overlaps, added }
}

it('whatever fails, everything is delivered, in order per lane and once per id', async () => {
  await assertProperty(
    fc.asyncProperty(story, async told => {
      const { harness, taken, accepted, overlaps, added } = await play(told)
      expect(harness.table.stored.counts()).toEqual({ pending: 0, dead: 0 })
      expect(overlaps).toBe(0)
      const once = [...new Set(taken)]
      for (const [lane, ids] of added)
        expect(once.filter(id => id.startsWith(`stream-${lane}.`))).toEqual(ids)
      expect(once).toHaveLength([...added.values()].flat().length)
      if (told.restarts.length === 0) expect(new Set(accepted).size).toBe(accepted.length)
    }),
    { numRuns: 60 },
  )
}, 120_000)
