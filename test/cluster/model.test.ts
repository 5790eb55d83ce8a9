import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assertProperty } from '../property.ts'
import { Cluster, DEEDS, type Step, type Variant } from './model.ts'

const WEIGHTS: Partial<Record<Step['do'], number>> = {
  ...{ wait: 4, deliver: 10, renew: 3, claim: 5, write: 4, pause: 2 },
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.oneof(...DEEDS.map(deed => ({ weight: WEIGHTS[deed] ?? 1, arbitrary: fc.constant(deed) }))),
  node: fc.nat(2),
  session: fc.nat(1),
  ms: fc.oneof(fc.integer({ min: 1, max: 8_000 }), fc.integer({ min: 8_000, max: 60_000 })),
})
const steps = fc.array(step, { minLength: 30, maxLength: 120, size: 'max' })

const run = (all: Step[], variant: Variant = {}) => {
  const cluster = new Cluster(3, variant)
  for (const one of all) cluster.step(one)
  return cluster
}

/** The first of the violations that some interleaving shows; null: none does. */
const found = (variant: Variant, numRuns: number): string | null => {
  const property = fc.property(steps, all => {
    const [first] = run(all, variant).violations
    if (first !== undefined) throw new Error(first)
  })
  const { failed, errorInstance } = fc.check(property, { numRuns, seed: 15 })
  return failed ? (errorInstance as Error).message : null
}

describe('Lease, claim, hand-over and fence, under any interleaving of pauses, delays and losses', () => {
  it('never have two sockets of a session under valid leases, and never a stale write that is accepted', () =>
    assertProperty(
      fc.property(steps, all => {
        expect(run(all).violations).toEqual([])
      }),
      { numRuns: 4_000 },
    ))

  it('are explored far enough: sessions change hands, and stale writes are refused', () => {
    let [handed, refused] = [0, 0]
    for (const all of fc.sample(steps, { numRuns: 1_500, seed: 15 })) {
      const { database } = run(all)
      refused += database.refused
      for (const { epoch } of database.sessions.values()) handed += Number(epoch > 2)
    }
    expect(handed).toBeGreaterThan(200)
    expect(refused).toBeGreaterThan(30)
  })

  it.each<[string, Variant, string]>([
    ['the fence', { noFence: true }, 'a stale write was accepted'],
    ['the end of a lease that was over', { revives: true }, 'two sockets under valid leases'],
    [
      'the end of all that runs when a lease is lost',
      { neverGivesUp: true },
      'two nodes believe in their leases',
    ],
    ['the wait of a claimant', { claimsAtOnce: true }, 'two sockets under valid leases'],
  ])('are found wanting without %s', (_, variant, sentence) => {
    expect(found(variant, 20_000)).toBe(sentence)
  })
})
