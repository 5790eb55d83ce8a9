import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createClock } from '../../src/base/clock.ts'
import { createInProcessQueue } from '../../src/queue/in-process.ts'
import { createTestClock } from '../base/clock.ts'
import { queueContract } from './contract.ts'

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !condition(); turn++) await setImmediate()
  if (!condition()) throw new Error('it never came true')
}

queueContract('the in-process queue', async () => {
  const clock = createTestClock()
  return {
    queue: createInProcessQueue({ clock, concurrency: 4 }),
    now: clock.now,
    pass: clock.advance,
    until,
    concurrency: 4,
    close: async () => {},
  }
})

describe('the in-process queue', () => {
  it('needs one timer for ten thousand waiting lanes and wakes them in order of time', async () => {
    const clock = createTestClock()
    const queue = createInProcessQueue({ clock })
    const calls: { lane: string; at: number }[] = []
    queue.start(async lane => {
      calls.push({ lane, at: clock.now() })
      return null
    })
    const start = clock.now()
    for (let n = 0; n < 10_000; n++) queue.wake(`lane${n}`, start + 1 + ((n * 7_919) % 10_007))
    expect(clock.pending()).toBe(1)
    await clock.advance(10_100)
    expect(new Set(calls.map(call => call.lane)).size).toBe(10_000)
    expect(calls).toHaveLength(10_000)
    for (const { lane, at } of calls)
      expect(at - start).toBe(1 + ((Number(lane.slice('lane'.length)) * 7_919) % 10_007))
    expect(clock.pending()).toBe(0)
  })

  it('waits longer after each rejection, up to a minute, and forgets them after a success', async () => {
    const clock = createTestClock()
    const queue = createInProcessQueue({ clock })
    const at: number[] = []
    queue.start(async () => {
      at.push(clock.now())
      if (at.length === 9) return clock.now() + 10
      if (at.length === 11) return null
      throw new Error('disk full')
    })
    queue.wake('a')
    await clock.advance(10 * 60_000)
    const waits = at.slice(1).map((time, index) => time - at[index]!)
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 10, 1_000])
  })

  it('does not loop without pause on a lane whose drain rejects and that is woken meanwhile', async () => {
    const clock = createTestClock()
    const queue = createInProcessQueue({ clock })
    let calls = 0
    queue.start(async lane => {
      calls++
      queue.wake(lane)
      await setImmediate()
      throw new Error('disk full')
    })
    queue.wake('a')
    await clock.advance(7_500)
    expect(calls).toBe(4)
  })

  it('treats a drain that throws like one that rejects', async () => {
    const clock = createTestClock()
    const queue = createInProcessQueue({ clock })
    let calls = 0
    queue.start(() => {
      if (++calls === 1) throw new Error('not even a promise')
      return Promise.resolve(null)
    })
    queue.wake('a')
    await clock.advance(1_000)
    expect(calls).toBe(2)
  })

  it('keeps times that are further away than a timeout of Node can be', async () => {
    const clock = createTestClock()
    const longest: number[] = []
    const queue = createInProcessQueue({
      clock: {
        ...clock,
        setTimeout: (fn, ms) => {
          longest.push(ms)
          return clock.setTimeout(fn, ms)
        },
      },
    })
    const at: number[] = []
    const start = clock.now()
    queue.start(async () => {
      at.push(clock.now() - start)
      return null
    })
    const days = 24 * 60 * 60_000
    queue.wake('a', start + 40 * days)
    await clock.advance(41 * days)
    expect(at).toEqual([40 * days])
    expect(Math.max(...longest)).toBeLessThan(2 ** 31)
  })

  it('puts a lane that wants to go on at once behind the others', async () => {
    const clock = createTestClock()
    const queue = createInProcessQueue({ clock, concurrency: 1 })
    const calls: string[] = []
    queue.start(async lane => {
      calls.push(lane)
      return lane === 'busy' && calls.length < 6 ? clock.now() : null
    })
    for (const lane of ['busy', 'b', 'c']) queue.wake(lane)
    await clock.advance(1)
    expect(calls).toEqual(['busy', 'b', 'c', 'busy', 'busy', 'busy'])
  })

  it('leaves each group its room, however many lanes of another wait or hang', async () => {
    const clock = createTestClock()
    const queue = createInProcessQueue({ clock, concurrency: 4, groupOf: lane => lane.split('.')[0]! })
    const calls: string[] = []
    queue.start(lane => {
      calls.push(lane)
      return lane.startsWith('slow') ? new Promise(() => {}) : Promise.resolve(null)
    })
    for (let n = 0; n < 1_000; n++) queue.wake(`slow.${n}`)
    for (let n = 0; n < 1_000; n++) queue.wake(`quick.${n}`, clock.now() + n)
    await clock.advance(1_000)
    expect(calls.filter(lane => lane.startsWith('slow'))).toHaveLength(4)
    expect(calls.filter(lane => lane.startsWith('quick'))).toHaveLength(1_000)
  })

  it('lets in ten thousand lanes that are due at once a slice at a time, and all of them', async () => {
    const clock = createTestClock()
    const queue = createInProcessQueue({ clock })
    let drained = 0
    queue.start(async () => {
      drained++
      return null
    })
    for (let n = 0; n < 10_000; n++) queue.wake(`lane${n}`, clock.now() + 5)
    await clock.advance(5)
    expect(drained).toBe(10_000)
  })

  it('lets others have the event loop, though thousands of drains have nothing to wait for', async () => {
    const queue = createInProcessQueue({ clock: createClock(), groupOf: lane => lane.at(-1)! })
    let drained = 0
    let most = 0
    queue.start(async () => {
      drained++
      return null
    })
    for (let n = 0; n < 5_000; n++) queue.wake(`lane${n}`)
    for (let before = 0; drained < 5_000; before = drained) {
      await setImmediate()
      most = Math.max(most, drained - before)
    }
    expect(most).toBeLessThanOrEqual(500)
    await queue.stop(0)
  })

  it('keeps no timer once stopped', async () => {
    const clock = createTestClock()
    const queue = createInProcessQueue({ clock })
    queue.start(async () => null)
    queue.wake('a', clock.now() + 1_000)
    await queue.stop(1_000)
    queue.wake('b', clock.now() + 1_000)
    expect(clock.pending()).toBe(0)
  })
})
