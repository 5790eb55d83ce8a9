import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Line } from '../../src/base/line.ts'

type Step = { add: string } | { remove: string } | 'take' | 'clear'
const name = fc.nat(200).map(n => `n${n}`)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ add: name }) },
  { weight: 2, arbitrary: fc.record({ remove: name }) },
  { weight: 4, arbitrary: fc.constant('take' as const) },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
)

it('a line behaves as an array of distinct names', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600, size: 'max' }), steps => {
      const line = new Line()
      let model: string[] = []
      for (const next of steps) {
        if (next === 'take') expect(line.take()).toBe(model.shift() ?? null)
        else if (next === 'clear') {
          line.clear()
          model = []
        } else if ('add' in next) {
          line.add(next.add)
          if (!model.includes(next.add)) model.push(next.add)
        } else {
          expect(line.remove(next.remove)).toBe(model.includes(next.remove))
          model = model.filter(other => other !== next.remove)
        }
        expect(line.size).toBe(model.length)
      }
      expect([...line]).toEqual(model)
      for (const left of model) expect(line.has(left)).toBe(true)
    }),
  )
})

it('keeps nothing of what was taken', () => {
  const line = new Line()
  for (let n = 0; n < 1_000; n++) line.add(`old${n}`)
  for (let n = 0; n < 100_000; n++) {
    line.add(`new${n}`)
    line.take()
  }
  expect(line.size).toBe(1_000)
  expect([...line][0]).toBe('new99000')
})
