import { describe, expect, it } from 'vitest'
import type { Queue } from '../../src/ports/queue.ts'

/** What a suite needs to drive one adapter: its own notion of time and a way to let things happen. */
export interface QueueHarness {
  queue: Queue
  now(): number
  /** Lets `ms` pass. */
  pass(ms: number): Promise<void>
  /** Lets things happen, without time that matters, until the condition holds; throws if it never does. */
  until(condition: () => boolean): Promise<void>
  concurrency: number
  close(): Promise<void>
}

interface Gate {
  lane: string
  open(next: number | null): void
  fail(): void
}

/** A drain that stays until the test lets it go. */
function gatedDrain() {
  const calls: string[] = []
  const inside = new Map<string, Gate>()
  let overlapped = false
  const drain = (lane: string) =>
    new Promise<number | null>((resolve, reject) => {
      calls.push(lane)
      if (inside.has(lane)) overlapped = true
      inside.set(lane, {
        lane,
        open: next => {
          inside.delete(lane)
          resolve(next)
        },
        fail: () => {
          inside.delete(lane)
          reject(new Error('the drain failed'))
        },
      })
    })
  return { calls, inside, drain, overlapped: () => overlapped }
}

/** Every adapter of the port `Queue` passes this. */
export function queueContract(name: string, create: () => Promise<QueueHarness>): void {
  describe(`${name} as a queue`, () => {
    const using = (what: string, test: (harness: QueueHarness) => Promise<void>) =>
      it(what, async () => {
        const harness = await create()
        try {
          await test(harness)
        } finally {
          await harness.close()
        }
      })

    using('drains lanes woken before and after the start', async ({ queue, until }) => {
      const calls: string[] = []
      queue.wake('before')
      queue.start(async lane => {
        calls.push(lane)
        return null
      })
      queue.wake('after')
      await until(() => calls.length === 2)
      expect(calls.toSorted()).toEqual(['after', 'before'])
    })

    using('reports no problem while it works', async ({ queue, until, pass }) => {
      let drained = false
      queue.start(async () => {
        drained = true
        return null
      })
      queue.wake('a')
      await until(() => drained)
      await pass(50)
      expect(queue.problem()).toBeNull()
    })

    using('answers many wakes during a drain with one more drain, never two at once', async harness => {
      const { queue, until, pass } = harness
      const { calls, inside, drain, overlapped } = gatedDrain()
      queue.start(drain)
      queue.wake('a')
      await until(() => inside.has('a'))
      queue.wake('a')
      queue.wake('a')
      queue.wake('a', harness.now() + 60_000)
      await pass(50)
      expect(calls).toEqual(['a'])
      inside.get('a')!.open(null)
      await until(() => calls.length === 2)
      inside.get('a')!.open(null)
      await pass(50)
      expect(calls).toEqual(['a', 'a'])
      expect(overlapped()).toBe(false)
    })

    using('drains several lanes at once, up to its concurrency', async harness => {
      const { queue, until, pass, concurrency } = harness
      const { inside, calls, drain } = gatedDrain()
      queue.start(drain)
      for (let n = 0; n < concurrency + 3; n++) queue.wake(`lane${n}`)
      await until(() => inside.size === concurrency)
      await pass(50)
      expect(calls).toHaveLength(concurrency)
      inside.values().next().value!.open(null)
      await until(() => calls.length === concurrency + 1)
      for (let done = 1; done < concurrency + 3; done++) {
        await until(() => inside.size > 0)
        inside.values().next().value!.open(null)
      }
      await until(() => calls.length === concurrency + 3)
      expect(new Set(calls).size).toBe(concurrency + 3)
    })

    using('wakes a lane at the time it is given, and the earliest time wins', async harness => {
      const { queue, until, pass } = harness
      const at: number[] = []
      queue.start(async () => {
        at.push(harness.now())
        return null
      })
      const start = harness.now()
      queue.wake('a', start + 100_000)
      queue.wake('a', start + 300)
      queue.wake('a', start + 50_000)
      await pass(100)
      expect(at).toEqual([])
      await pass(250)
      await until(() => at.length === 1)
      expect(at[0]! - start).toBeGreaterThanOrEqual(300)
      await pass(250)
      expect(at).toHaveLength(1)
    })

    using('forgets a later wake once the lane was woken before', async harness => {
      const { queue, until, pass } = harness
      let drained = 0
      queue.start(async () => {
        drained++
        return null
      })
      queue.wake('a', harness.now() + 200)
      queue.wake('a')
      await until(() => drained === 1)
      await pass(300)
      expect(drained).toBe(1)
    })

    using('drains a lane once that is due and is woken for later', async harness => {
      const { queue, until, pass, concurrency } = harness
      const { calls, inside, drain } = gatedDrain()
      queue.start(drain)
      for (let n = 0; n < concurrency; n++) queue.wake(`busy${n}`)
      await until(() => inside.size === concurrency)
      queue.wake('a')
      queue.wake('a', harness.now() + 200)
      for (const gate of [...inside.values()]) gate.open(null)
      await until(() => inside.has('a'))
      inside.get('a')!.open(null)
      await pass(300)
      expect(calls.filter(lane => lane === 'a')).toHaveLength(1)
    })

    using('drains a lane again at the time that its drain resolved with', async harness => {
      const { queue, until, pass } = harness
      const at: number[] = []
      queue.start(async () => {
        at.push(harness.now())
        return at.length < 3 ? harness.now() + 200 : null
      })
      queue.wake('a')
      await until(() => at.length === 1)
      await pass(250)
      await until(() => at.length === 2)
      await pass(250)
      await until(() => at.length === 3)
      expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(200)
      expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(200)
    })

    using('tries a drain that rejected again later; other lanes go on', async ({ queue, until, pass }) => {
      const { calls, inside, drain } = gatedDrain()
      queue.start(drain)
      queue.wake('bad')
      await until(() => inside.has('bad'))
      inside.get('bad')!.fail()
      queue.wake('good')
      await until(() => inside.has('good'))
      inside.get('good')!.open(null)
      expect(calls.filter(lane => lane === 'bad')).toHaveLength(1)
      await pass(1_500)
      await until(() => inside.has('bad'))
      inside.get('bad')!.open(null)
    })

    using('starts no drain after stop, and stop waits for those that run', async ({ queue, until, pass }) => {
      const { calls, inside, drain } = gatedDrain()
      queue.start(drain)
      queue.wake('a')
      await until(() => inside.has('a'))
      queue.wake('a')
      let stopped = false
      const stop = queue.stop(5_000).then(() => {
        stopped = true
      })
      await pass(50)
      expect(stopped).toBe(false)
      queue.wake('b')
      inside.get('a')!.open(null)
      await stop
      await pass(50)
      expect(calls).toEqual(['a'])
    })

    using('gives up waiting for a drain that hangs', async ({ queue, until, pass }) => {
      const { inside, drain } = gatedDrain()
      queue.start(drain)
      queue.wake('a')
      await until(() => inside.has('a'))
      let stopped = false
      const stop = queue.stop(200).then(() => {
        stopped = true
      })
      await pass(250)
      await until(() => stopped)
      await stop
      inside.get('a')!.open(null)
    })
  })
}
