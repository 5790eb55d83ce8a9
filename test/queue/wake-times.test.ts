import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WakeTimes } from '../../src/queue/wake-times.ts'
import { assertProperty } from '../property.ts'

const lane = fc.integer({ min: 0, max: 12 }).map(String)
const at = fc.integer({ min: 0, max: 50 })
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), lane, at }),
  fc.record({ do: fc.constant('remove' as const), lane }),
  fc.record({ do: fc.constant('take' as const), at }),
)

it('wake times behave like a map of the earliest times, whatever is done to them', async () => {
  await assertProperty(
    fc.property(fc.array(step, { maxLength: 400 }), steps => {
      const wakeTimes = new WakeTimes()
      const model = new Map<string, number>()
      for (const action of steps) {
        if (action.do === 'add') {
          wakeTimes.add(action.lane, action.at)
          model.set(action.lane, Math.min(model.get(action.lane) ?? Number.POSITIVE_INFINITY, action.at))
        } else if (action.do === 'remove') {
          wakeTimes.remove(action.lane)
          model.delete(action.lane)
        } else {
          const earliest = Math.min(...model.values())
          const taken = wakeTimes.take(action.at)
          if (earliest > action.at) expect(taken).toBeNull()
          else {
            expect(model.get(taken ?? '')).toBe(earliest)
            model.delete(taken!)
          }
        }
        expect(wakeTimes.size).toBe(model.size)
        expect(wakeTimes.next()).toBe(model.size === 0 ? null : Math.min(...model.values()))
      }
    }),
  )
})

it('wake times do not grow with later times that were replaced', () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const wakeTimes = new WakeTimes()
  wakeTimes.add('other', 1_000_000)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 300_000; n++) {
    wakeTimes.add('a', 2_000_000)
    wakeTimes.remove('a')
  }
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2_000_000)
  expect(wakeTimes.size).toBe(1)
})
