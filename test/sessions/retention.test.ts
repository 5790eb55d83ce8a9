import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { PruneRequest } from '../../src/ports/store.ts'
import { createRetention, type Keep } from '../../src/sessions/retention.ts'
import { createTestClock } from '../base/clock.ts'

const MINUTE = 60_000
const DAY = 86_400_000

function createWorld(
  left: { bodies: number; files: number },
  keep: Partial<Keep>,
  sendMaxAgeMs = 60 * MINUTE,
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
    return { removed, more: removed === limit, failed: null }
  }
  let found = 0
  let filesRemoved = 0
  const pruned: PruneRequest[] = []
  const retention = createRetention({
    store: {
      eraseBodies: take('bodies'),
      async prune(request) {
        pruned.push(request)
        const { session, seq } = request.from
        const next = session < 2 ? { session: session + 1, seq: seq + 7 } : null
        return { facts: 3, messages: 2, next }
      },
    },
    removeFiles: async () => void filesRemoved++,
    files: { prune, findAll: async () => void found++ },
    clock,
    logger: pino({}, { write: (line: string) => void logs.push(line) }),
    keep: { eventsMs: null, messagesMs: null, bodiesMs: null, mediaMs: null, ...keep },
    sendMaxAgeMs,
  })
  return {
    ...world,
    retention,
    pruned,
    filesRemoved: () => filesRemoved,
    found: () => found,
    break: (broken: boolean) => (world.broken = broken),
  }
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

  it.each([
    ['facts', { eventsMs: 2 * DAY }, { factsBefore: 2 * DAY, messagesBefore: null }],
    ['messages', { messagesMs: 3 * DAY }, { factsBefore: null, messagesBefore: 3 * DAY }],
  ])('removes old %s session by session, then the files that nobody needs', async (_, keep, ages) => {
    const { retention, clock, pruned, filesRemoved, logs, start } = createWorld({ bodies: 0, files: 0 }, keep)
    retention.start()
    await clock.advance(MINUTE + 5_000)
    const cutoff = (age: number | null) => age && start + MINUTE - age
    const times = { factsBefore: cutoff(ages.factsBefore), messagesBefore: cutoff(ages.messagesBefore) }
    expect(pruned).toEqual([
      { ...times, limit: 500, from: { session: 0, seq: 0 } },
      { ...times, limit: 500, from: { session: 1, seq: 7 } },
      { ...times, limit: 500, from: { session: 2, seq: 14 } },
    ])
    expect(filesRemoved()).toBe(1)
    expect(logs.join('')).toContain('"facts":9,"messages":6')
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

  const ALL = { eventsMs: DAY, messagesMs: DAY, bodiesMs: DAY, mediaMs: DAY }
  it.each([
    ['prune', 'facts and messages', ['eraseBodies', 'findAll', 'files']],
    ['removeFiles', 'the files of messages', ['prune', 'eraseBodies', 'findAll', 'files']],
    ['eraseBodies', 'words', ['prune', 'removeFiles', 'findAll', 'files']],
    ['findAll', 'files', ['prune', 'removeFiles', 'eraseBodies', 'files']],
    ['files', 'files', ['prune', 'removeFiles', 'eraseBodies', 'findAll']],
  ])('does all else when %s throws, and says what it could not remove', async (broken, what, others) => {
    const clock = createTestClock()
    const [did, logs]: [Set<string>, string[]] = [new Set(), []]
    const step =
      <T>(name: string, result: T) =>
      async () => {
        did.add(name)
        if (name === broken) throw new Error('no')
        return result
      }
    const retention = createRetention({
      store: {
        eraseBodies: step('eraseBodies', 1),
        prune: step('prune', { facts: 1, messages: 1, next: null }),
      },
      removeFiles: step('removeFiles', undefined),
      files: {
        prune: step('files', { removed: 1, more: false, failed: null }),
        findAll: step('findAll', undefined),
      },
      clock,
      logger: pino({}, { write: (line: string) => void logs.push(line) }),
      keep: ALL,
      sendMaxAgeMs: MINUTE,
    })
    retention.start()
    await clock.advance(MINUTE + 1_000)
    expect([...did].filter(name => name !== broken).sort()).toEqual([...others].sort())
    expect(logs.filter(line => line.includes('trying again later'))).toMatchObject([
      expect.stringContaining(`"what":"${what}"`),
    ])
    expect(logs.join('')).toContain('what was too old to be kept was removed')
    await retention.stop()
  })

  it('keeps files for as long as a send may wait for them, and longer', async () => {
    const { retention, clock, calls, start } = createWorld({ bodies: 0, files: 1 }, { mediaMs: DAY }, 3 * DAY)
    retention.start()
    await clock.advance(2 * MINUTE)
    expect(calls).toMatchObject([{ what: 'files', before: start + MINUTE - 6 * DAY }])
    await retention.stop()
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
