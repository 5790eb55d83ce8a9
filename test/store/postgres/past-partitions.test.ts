import fc from 'fast-check'
import { expect, it } from 'vitest'
import { partitionsOfPast } from '../../../src/store/postgres/upkeep/past-partitions.ts'
import { assertProperty } from '../../property.ts'

const TODAY = 20_700

it('every day on which something can have happened is in one partition, of about a hundred at most', async () => {
  const day = fc.integer({ min: -5, max: TODAY + 200 })
  // What a manager may have made there before: some in a row, from today or later on.
  const there = fc
    .record({ from: fc.integer({ min: 0, max: 200 }), width: fc.integer({ min: 1, max: 91 }) })
    .map(({ from, width }) =>
      [0, 1, 2].map((i): [number, number] => [TODAY + from + i * width, TODAY + from + (i + 1) * width]),
    )
  await assertProperty(
    fc.property(
      fc.array(day, { maxLength: 400 }),
      fc.integer({ min: 1, max: 300 }),
      fc.oneof(there, fc.constant<[number, number][]>([])),
      (days, width, there) => {
        const made = partitionsOfPast(days, { today: TODAY, width, there })
        const all = [...made, ...there].sort(([a], [b]) => a - b)
        for (const [i, [from, to]] of all.entries()) {
          expect(from).toBeLessThan(to)
          if (i > 0) expect(from).toBeGreaterThanOrEqual(all[i - 1]![1])
        }
        const isIn = (day: number) => all.some(([from, to]) => from <= day && day < to)
        for (const day of [...days, TODAY])
          if (day >= 14_245 && day <= TODAY + width) expect(isIn(day)).toBe(true)
        for (const [from] of made) expect(from).toBeGreaterThanOrEqual(14_245 - 300)
        expect(made.length).toBeLessThan(110)
      },
    ),
  )
})

it('what was written lately is in partitions as narrow as retention needs, what is older in quarters', () => {
  const days = Array.from({ length: 400 }, (_, i) => TODAY - i)
  const made = partitionsOfPast(days, { today: TODAY, width: 2, there: [] })
  expect(made.filter(([from, to]) => to - from === 2)).toHaveLength(33)
  expect(made.at(-1)).toEqual([TODAY, TODAY + 2])
  expect(made.filter(([from, to]) => to - from === 91)).toHaveLength(3)
})
