import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { pause } from '../../src/base/pause.ts'
import { createTestClock } from './clock.ts'

describe('a pause', () => {
  it('ends after its time, and leaves neither timer nor listener', async () => {
    const clock = createTestClock()
    const { signal } = new AbortController()
    for (let i = 0; i < 20; i++) {
      let over = false
      void pause(clock, 5000, signal).then(() => {
        over = true
      })
      await clock.advance(4999)
      expect(over).toBe(false)
      await clock.advance(1)
      expect([over, clock.pending(), getEventListeners(signal, 'abort')]).toEqual([true, 0, []])
    }
  })

  it('ends when the signal aborts, before or during it', async () => {
    const clock = createTestClock()
    const abort = new AbortController()
    const waiting = pause(clock, 5000, abort.signal)
    abort.abort()
    await waiting
    await pause(clock, 5000, abort.signal)
    expect([clock.pending(), getEventListeners(abort.signal, 'abort')]).toEqual([0, []])
  })
})
