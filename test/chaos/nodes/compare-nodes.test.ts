import { expect, it } from 'vitest'
import { passes } from '../../../chaos/compare-records.ts'
import { compareNodes, type NodeRecords } from '../../../chaos/nodes/compare-nodes.ts'

const records = (
  at: number[],
  held: NodeRecords['held'] = [{ from: 100_000, to: 160_000 }],
): NodeRecords => ({
  ...{
    replaced: at.map(time => ({ account: '34600000001', at: time })),
    held,
    leaseMs: 15_000,
    refused: 3,
    left: 4,
  },
})
const counts = (given: NodeRecords) => compareNodes(given).map(({ count }) => count)

it('excuses two sockets of which one is held, once its lease is over', () => {
  expect(counts(records([112_000, 159_000, 163_000]))).toEqual([0, 3, 3, 4])
  expect(passes(compareNodes(records([112_000])))).toBe(true)
})

it.each([
  ['nobody is held', [112_000], []],
  ['whoever is held has its lease still', [105_000], undefined],
  ['all are awake again', [170_000], undefined],
])('does not when %s', (_, at, held) => {
  const findings = compareNodes(records(at, held))
  expect(passes(findings)).toBe(false)
  expect(findings[0]).toMatchObject({
    count: 1,
    wanted: 0,
    details: [expect.stringContaining('34600000001')],
  })
})
