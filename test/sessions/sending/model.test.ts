import fc from 'fast-check'
import { expect, it } from 'vitest'
import { assertProperty } from '../../property.ts'
import { OutboxModel, ops } from './model.ts'

/** What a run must have met now and then, or it proves little. */
const WORTH_SEEING = [
  'sent',
  'again',
  'refused',
  'EXPIRED',
  'MEDIA_UNREACHABLE',
  'unknown',
  'reconnecting.hibernated',
]

it('Whatever happens, each send goes out once, in its place, or fails with its reason; none is left behind', {
  timeout: 120_000,
}, async () => {
  const seen = new Set<string>()
  const property = fc.asyncProperty(ops, fc.constantFrom(0, 6, 60), async (all, sendPerMinute) => {
    const model = await OutboxModel.start(sendPerMinute)
    try {
      await model.run(all)
      await model.recover()
    } finally {
      await model.end()
    }
    for (const one of model.seen) seen.add(one)
  })
  await assertProperty(property, { seed: 20261129, numRuns: 60 })
  if (!process.env.FC_SEED) expect(WORTH_SEEING.filter(one => !seen.has(one))).toEqual([])
})
