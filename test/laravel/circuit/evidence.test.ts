import { describe, expect, it } from 'vitest'
import { createEvidence, type Sender } from '../../../src/laravel/circuit/evidence.ts'

const lane = (name: string, sessionId = `session of ${name}`): Sender => ({ lane: name, sessionId })

describe('what the answers to a route say', () => {
  it('is nothing before five lanes have failed, however often one did while others are asked', () => {
    const evidence = createEvidence()
    for (let n = 0; n < 4; n++)
      for (let times = 0; times < 50; times++) evidence.failed(lane(`${n}`), 0, null)
    expect(evidence.routeFails(false)).toBe(false)
    evidence.failed(lane('fifth'), 0, null)
    expect(evidence.routeFails(false)).toBe(true)
  })

  it('is that it fails when a lane fails again and nobody else is asked', () => {
    const evidence = createEvidence()
    evidence.failed(lane('a'), 1_000, null)
    expect(evidence.routeFails(true)).toBe(false)
    evidence.failed(lane('a'), 6_000, null)
    expect(evidence.routeFails(true)).toBe(true)
    expect(evidence.since()).toBe(1_000)
  })

  it('is nothing when one lane gets again and again what a route that works may answer, once something was accepted', () => {
    const evidence = createEvidence()
    expect(evidence.failed(lane('a'), 0, null, true)).toBe(false)
    expect(evidence.failed(lane('a'), 1, null, true)).toBe(false)
    expect(evidence.routeFails(true)).toBe(true)
    evidence.accepted(lane('b'), 2)
    for (let n = 0; n < 50; n++) expect(evidence.failed(lane('c'), 3, null, true)).toBe(true)
    expect(evidence.routeFails(true)).toBe(false)
    for (let n = 0; n < 5; n++) evidence.failed(lane(`d${n}`), 4, null, true)
    expect(evidence.routeFails(false)).toBe(true)
  })

  it('is that it works as long as most lanes are accepted', () => {
    const evidence = createEvidence()
    for (let n = 0; n < 10_000; n++) {
      if (n % 20 === 0) evidence.failed(lane(`poison${n}`), n, null)
      else evidence.accepted(lane(`lane${n}`), n)
      expect(evidence.routeFails(true)).toBe(false)
    }
  })

  it('turns within six failures after any number of successes', () => {
    const evidence = createEvidence()
    for (let n = 0; n < 1_000; n++) evidence.accepted(lane(`lane${n}`), n)
    for (let n = 0; n < 6; n++) {
      expect(evidence.routeFails(false)).toBe(false)
      evidence.failed(lane(`lane${n}`), n, null)
    }
    expect(evidence.routeFails(false)).toBe(true)
  })

  it('is nothing when a lane or a session fails while others are accepted, until it is accepted itself', () => {
    const evidence = createEvidence()
    expect(evidence.failed(lane('a'), 0, null)).toBe(false)
    expect(evidence.failed(lane('b', 'tenant'), 0, null)).toBe(false)
    evidence.accepted(lane('c'), 1)
    expect(evidence.failed(lane('a'), 2, null)).toBe(true)
    for (let n = 0; n < 50; n++) expect(evidence.failed(lane(`other${n}`, 'tenant'), 2, null)).toBe(true)
    expect(evidence.routeFails(true)).toBe(false)
    evidence.accepted(lane('a'), 3)
    evidence.accepted(lane('b', 'tenant'), 3)
    expect(evidence.failed(lane('a'), 4, null)).toBe(false)
    expect(evidence.failed(lane('other1', 'tenant'), 4, null)).toBe(true)
    expect(evidence.failed(lane('new', 'tenant'), 4, null)).toBe(false)
  })

  it('is that it fails again when all do again after one success, as often as that happens, and a poison stays one', () => {
    const evidence = createEvidence()
    evidence.failed(lane('poison'), 0, null)
    evidence.accepted(lane('early'), 0)
    for (let outage = 1; outage <= 3; outage++) {
      for (let n = 0; n < 8; n++) expect(evidence.failed(lane(`${n}`), outage, null)).toBe(false)
      expect(evidence.routeFails(false)).toBe(true)
      evidence.accepted(lane('0'), outage)
      evidence.clear()
    }
    expect(evidence.failed(lane('poison'), 4, null)).toBe(true)
  })

  it('would be told by a lane or a session that has not failed, until there is no doubt', () => {
    const evidence = createEvidence()
    for (let n = 0; n < 7; n++) evidence.failed(lane(`${n}`, 'one'), 0, null)
    expect(evidence.wouldTell(lane('0', 'one'))).toBe(false)
    expect(evidence.wouldTell(lane('new', 'one'))).toBe(true)
    evidence.failed(lane('7', 'one'), 0, null)
    expect(evidence.wouldTell(lane('new', 'one'))).toBe(false)
    expect(evidence.wouldTell(lane('new', 'another'))).toBe(true)
    for (let n = 0; n < 8; n++) evidence.failed(lane(`a${n}`), 0, null)
    expect(evidence.wouldTell(lane('new', 'another'))).toBe(false)
  })

  it('remembers no more than it must, whatever fails', () => {
    const evidence = createEvidence()
    for (let n = 0; n < 20_000; n++) evidence.failed(lane(`${n}`), n, null)
    expect(evidence.hasFailed(lane('0'))).toBe(false)
    expect(evidence.hasFailed(lane('19999'))).toBe(true)
  })
})
