import { describe, expect, it } from 'vitest'
import { LONE_CASES } from '../../../chaos/storm/lone-cases.ts'
import { describePlan, planStorm, type StormPlan } from '../../../chaos/storm/storm-plan.ts'
import { STRIKE_KINDS } from '../../../chaos/storm/strike-kinds.ts'
import { checkFault } from '../../../simulator/faults/schema.ts'
import { FAULT_KINDS, type FaultKind } from '../../../simulator/faults/table.ts'
import { createSeededRandom } from '../../../simulator/seeded-random.ts'

const MINUTE = 60_000
const numbers = (count: number) =>
  Array.from({ length: count }, (_, i) => `3461${String(i).padStart(7, '0')}`)
const plan = (seed: string, sessions = 100, ms = MINUTE): StormPlan =>
  planStorm({ sessions: numbers(sessions), ms }, createSeededRandom(seed))

const bySelf = FAULT_KINDS.filter(kind => STRIKE_KINDS[kind] !== null)

describe('the plan of a storm', () => {
  it('is the same for the same seed, moment by moment, and another for another', () => {
    expect(plan('7')).toEqual(plan('7'))
    expect(describePlan(plan('7'))).toBe(describePlan(plan('7')))
    expect(plan('7')).not.toEqual(plan('8'))
  })

  it.each([
    [8, 12_000],
    [100, MINUTE],
    [1000, 10 * MINUTE],
  ])('has every kind of fault at least once for %i sessions in %i ms', (sessions, ms) => {
    for (const seed of ['1', '2', '3']) {
      const { strikes } = plan(seed, sessions, ms)
      expect(new Set(strikes.map(({ kind }) => kind))).toEqual(new Set(bySelf))
      expect(strikes.every(({ at }) => at >= 0 && at <= ms)).toBe(true)
      expect(strikes.map(({ at }) => at)).toEqual(strikes.map(({ at }) => at).sort((a, b) => a - b))
    }
  })

  it('has all that is not over by itself, each for a session of its own with which nobody talks', () => {
    const { lone, busy } = plan('7')
    expect(new Set(lone.map(({ is }) => is))).toEqual(new Set(LONE_CASES))
    const alone = lone.map(({ session }) => session)
    expect(new Set(alone).size).toBe(LONE_CASES.length)
    expect(busy.filter(session => alone.includes(session))).toEqual([])
    expect([...busy, ...alone].sort()).toEqual(numbers(100))
    const ended: FaultKind[] = FAULT_KINDS.filter(kind => STRIKE_KINDS[kind] === null)
    const lonely = LONE_CASES.map(({ fault }) => fault.kind)
    expect(ended.filter(kind => !lonely.includes(kind))).toEqual([])
  })

  it('tells every fault only what it takes, and never strikes a lone session by another one', () => {
    for (const { strikes, lone } of [plan('7'), plan('8', 8, 12_000)]) {
      const alone = lone.map(({ session }) => session)
      for (const { kind, faults, count } of strikes) {
        for (const fault of faults) expect(checkFault(fault)).toEqual(fault)
        expect(STRIKE_KINDS[kind]).not.toBeNull()
        if (faults.length > 1) expect(faults).toHaveLength(count)
        for (const { account, device } of faults)
          expect(alone).not.toContain(account ?? device?.split(':')[0])
      }
    }
  })

  it('strikes one device, some accounts and all at once', () => {
    const faults = plan('7').strikes.flatMap(strike => strike.faults)
    expect(faults.some(({ device }) => device !== undefined)).toBe(true)
    expect(faults.some(({ account }) => account !== undefined)).toBe(true)
    expect(faults.some(({ kind, device, account }) => kind === 'reset' && !device && !account)).toBe(true)
  })

  it('ends the manager by both signals, in turn, as long as the storm lasts', () => {
    for (const ms of [12_000, MINUTE, 10 * MINUTE]) {
      const { restarts } = plan('7', 100, ms)
      expect(restarts.length).toBe(Math.max(2, Math.round(ms / 20_000)))
      const signals = restarts.map(({ signal }) => signal)
      expect(new Set(signals)).toEqual(new Set(['SIGKILL', 'SIGTERM']))
      expect(restarts.every(({ at }) => at > 0 && at < ms)).toBe(true)
    }
  })

  it('drops nobody so often that the backoff would outlast the end, however long it is', () => {
    for (const ms of [MINUTE, 30 * MINUTE]) {
      const drops = new Map<string, number>()
      for (const { kind, faults } of plan('7', 100, ms).strikes) {
        if (!STRIKE_KINDS[kind]?.drops) continue
        for (const { account, device } of faults) {
          const victim = account ?? device?.split(':')[0]
          if (victim !== undefined) drops.set(victim, (drops.get(victim) ?? 0) + 1)
        }
      }
      const average = [...drops.values()].reduce((sum, count) => sum + count, 0) / 90
      expect(average).toBeLessThan(6)
      expect(average).toBeGreaterThan(1)
    }
  })
})
