import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createRetention } from '../../src/sessions/retention.ts'
import { createTestClock } from '../base/clock.ts'

const MINUTE = 60_000
const DAY = 86_400_000

function createWorld(
  left: { bodies: number; files: number },
  keep: { bodiesMs: number | null; mediaMs: number | null },
) {
  const clock = createTestClock()
  const start = clock.now()
  const calls: { what: string; at: number; before: number; limit: number }[] = []
  const logs: string[] = []
  const world = { clock, start, calls, logs, left, broken: false }
  const take = (what: 'bodies' | 'files') => async (before: number, limit: number) => {
    calls.push({ what, at: clock.now() - start, before, limit })
    if (world.broken) throw new Error('the disk is gone')
    const count = Math.min(limit, left[what])
    left[what] -= count
    return count
  }
  const prune = async (before: number, limit: number) => {
    const removed = await take('files')(before, limit)
    return { removed, more: removed === limit }
  }
  let found = 0
  const retention = createRetention({
    store: { eraseBodies: take('bodies') },
    files: { prune, findAll: async () => void found++ },
    clock,
    logger: pino({}, { write: (line: string) => void logs.push(line) }),
    ...keep,
  })
  return { ...world, retention, found: () => found, break: (broken: boolean) => (world.broken = broken) }
}

describe('Retention', () => {
  it('removes nothing where everything is kept for ever', async () => {
    const { retention, clock, calls } = createWorld(
      { bodies: 5, files: 5 },
      { bodiesMs: null, mediaMs: null },
    )
    retention.start()
    await clock.advance(DAY)
    expect([calls, clock.pending()]).toEqual([[], 0])
  })

  it('removes old bodies and files in small steps, and looks again every 15 min', async () => {
    const { retention, clock, calls, left, start, found } = createWorld(
      { bodies: 1_200, files: 250 },
      { bodiesMs: 7 * DAY, mediaMs: 30 * DAY },
    )
    retention.start()
    await clock.advance(MINUTE - 1)
    expect(calls).toEqual([])
    await clock.advance(2_000)
    expect(left).toEqual({ bodies: 0, files: 0 })
    expect(calls.map(({ what }) => what)).toEqual(['bodies', 'bodies', 'bodies', 'files', 'files', 'files'])
    expect(calls[0]).toMatchObject({ before: start + MINUTE - 7 * DAY, limit: 500 })
    expect(calls[3]).toMatchObject({ before: start + MINUTE - 30 * DAY, limit: 100 })
    expect(new Set(calls.map(({ at }) => at)).size).toBeGreaterThan(3)
    await clock.advance(16 * MINUTE)
    expect(calls).toHaveLength(8)
    expect(found()).toBe(2)
  })

  it('goes on after a failure', async () => {
    const world = createWorld({ bodies: 0, files: 10 }, { bodiesMs: null, mediaMs: DAY })
    world.break(true)
    world.retention.start()
    await world.clock.advance(2 * MINUTE)
    expect(world.logs.join('')).toContain('trying again later')
    world.break(false)
    await world.clock.advance(16 * MINUTE)
    expect(world.left.files).toBe(0)
  })

  it('stops in the middle of a round, and leaves no timer', async () => {
    const { retention, clock, calls } = createWorld(
      { bodies: 1e9, files: 0 },
      { bodiesMs: DAY, mediaMs: null },
    )
    retention.start()
    await clock.advance(2 * MINUTE)
    const before = calls.length
    await retention.stop()
    await clock.advance(DAY)
    expect(calls.length - before).toBeLessThanOrEqual(1)
    expect(clock.pending()).toBe(0)
  })
})
