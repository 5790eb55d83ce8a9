import { beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../src/base/logger.ts'
import { createLaneLeases } from '../../src/cluster/lane-leases.ts'
import { createTestClock, type TestClock } from '../base/clock.ts'
import { MemoryOwnerTable } from './memory-owner-table.ts'

const LEASE = 15_000

describe('The lanes of a node', () => {
  let clock: TestClock
  let table: MemoryOwnerTable
  const names: Record<string, string | null> = {}
  beforeEach(() => {
    clock = createTestClock()
    table = new MemoryOwnerTable(clock.now)
  })
  const make = async (name: string) => {
    names[name] = name
    await table.table().join({ node: name, url: '', place: name }, LEASE)
    return createLaneLeases({
      table: table.table(),
      node: () => names[name]!,
      clock,
      logger: createLogger({ level: 'silent', format: 'json' }),
    })
  }

  it('are its alone until it gives them back, as often as it took them, and for a moment longer', async () => {
    const [a, b] = [await make('a'), await make('b')]
    expect(await a.take('x')).toEqual({ lane: 'x' })
    expect(await a.take('x')).toEqual({ lane: 'x' })
    a.giveBack('x')
    await clock.advance(10_000)
    expect(await b.take('x')).toBeNull()
    a.giveBack('x')
    expect(await b.take('x')).toBeNull()
    await clock.advance(500)
    expect(await b.take('x')).toEqual({ lane: 'x' })
    expect(await a.take('x')).toBeNull()
  })

  it('are taken together in one statement, and cost none while they are kept', async () => {
    const a = await make('a')
    const lanes = Array.from({ length: 50 }, (_, i) => `lane ${i}`)
    expect(await Promise.all(lanes.map(lane => a.take(lane)))).toEqual(lanes.map(lane => ({ lane })))
    for (const lane of lanes) a.giveBack(lane)
    expect(await a.take('lane 7')).toEqual({ lane: 'lane 7' })
    expect(table.calls.filter(call => call === 'takeLanes')).toHaveLength(1)
    await clock.advance(500)
    expect(table.lanes.size).toBe(1)
    a.giveBack('lane 7')
    await a.flush()
    expect(table.lanes.size).toBe(0)
  })

  it('are told with what they have first to whoever takes one anew, and to nobody who may come behind that', async () => {
    const a = await make('a')
    const head = { row: null, isLast: true }
    table.headOf = () => head
    const both = await Promise.all([a.take('x'), a.take('x')])
    expect(both).toEqual([{ lane: 'x', head }, { lane: 'x' }])
    a.giveBack('x')
    a.giveBack('x')
    expect(await a.take('x')).toEqual({ lane: 'x' })
    a.giveBack('x')
    await clock.advance(500)
    expect(await a.take('x')).toEqual({ lane: 'x', head })
  })

  it('go to one of two that ask at once', async () => {
    const [a, b] = [await make('a'), await make('b')]
    const taken = await Promise.all([a.take('x'), b.take('x'), a.take('y'), b.take('y')])
    expect(taken).toEqual([{ lane: 'x' }, null, { lane: 'y' }, null])
  })

  it('are anybody’s once the lease of the node is over, and it knows of none any more', async () => {
    const [a, b] = [await make('a'), await make('b')]
    await a.take('x')
    await clock.advance(LEASE)
    names.b = 'b2'
    await table.table().join({ node: 'b2', url: '', place: 'b' }, LEASE)
    expect(await b.take('x')).toEqual({ lane: 'x' })
    names.a = null
    expect(await a.take('x')).toBeNull()
    names.a = 'a2'
    await table.table().join({ node: 'a2', url: '', place: 'a' }, LEASE)
    expect(await a.take('x')).toBeNull()
    expect(await a.take('y')).toEqual({ lane: 'y' })
  })

  it('are not taken while the database is away', async () => {
    const a = await make('a')
    table.isAway = true
    expect(await a.take('x')).toBeNull()
    table.isAway = false
    expect(await a.take('x')).toEqual({ lane: 'x' })
  })

  it('given back at the end are taken by who asks behind that', async () => {
    const a = await make('a')
    await a.take('x')
    a.giveBack('x')
    const given = a.flush()
    expect(await a.take('x')).toEqual({ lane: 'x' })
    await given
    expect(table.lanes.get('x')).toBe('a')
  })
})
