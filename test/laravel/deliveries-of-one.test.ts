import { describe, expect, it } from 'vitest'
import { answered, createHarness, HOUR, MINUTE, ok, SECOND, unanswered } from './harness.ts'

const held = (harness: ReturnType<typeof createHarness>) =>
  harness.logs.filter(line => line.includes('takes no deliveries'))

describe.each([402, 403, 302, 404])('%i for one chat of a route that has taken something', status => {
  it('is that chat alone: 30 chats, of which one gets it, and nobody is told that Laravel is away', async () => {
    const harness = createHarness()
    harness.respond(call => (call.lane === 'lane7' ? answered(status) : ok))
    harness.deliveries.start()
    harness.add('proof')
    await harness.clock.advance(1)
    for (let minute = 0; minute < 30; minute++) {
      const added = harness.elapsed()
      for (let n = 0; n < 30; n++) harness.add(`lane${n}`)
      await harness.clock.advance(MINUTE)
      for (let n = 0; n < 30; n++) if (n !== 7) expect(harness.times(`lane${n}`).at(-1)).toBe(added)
    }
    expect(held(harness)).toEqual([])
    expect(harness.deliveries.health()).toEqual({ ok: true, problem: null })
    expect(new Set([...harness.table.rows.values()].map(({ lane }) => lane))).toEqual(new Set(['lane7']))
  })

  it('stays so when nobody else writes for hours: no outage, the schedule of one chat, a dead letter after 72 h', async () => {
    const harness = createHarness()
    harness.respond(call => (call.lane === 'poison' ? answered(status) : ok))
    harness.deliveries.start()
    harness.add('proof')
    await harness.clock.advance(1)
    const poison = harness.add('poison')
    await harness.clock.advance(71 * HOUR)
    expect(held(harness)).toEqual([])
    expect(harness.deliveries.health()).toEqual({ ok: true, problem: null })
    expect(harness.times('poison').length).toBeLessThan(30)
    const added = harness.elapsed()
    harness.add('fresh')
    await harness.clock.advance(SECOND)
    expect(harness.times('fresh')).toEqual([added])
    await harness.clock.advance(2 * HOUR)
    expect(harness.dead()).toMatchObject([{ webhookId: poison }])
  })

  it('is the route when many get it', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    harness.add('proof')
    await harness.clock.advance(1)
    harness.respond(() => answered(status))
    for (let n = 0; n < 30; n++) harness.add(`lane${n}`)
    await harness.clock.advance(MINUTE)
    expect(held(harness)).toHaveLength(1)
    expect(harness.deliveries.health().ok).toBe(false)
  })

  it('is the route when it has taken nothing yet', async () => {
    const harness = createHarness()
    harness.respond(() => answered(status))
    harness.deliveries.start()
    harness.add('first')
    await harness.clock.advance(MINUTE)
    expect(harness.deliveries.health().ok).toBe(false)
  })
})

describe('a handler that takes too long for one chat', () => {
  it('is told with its route and what it should do, once in ten minutes, and is no outage', async () => {
    const harness = createHarness()
    harness.respond(call => (call.lane === 'slow' ? unanswered('timeout after 15 s') : ok))
    harness.deliveries.start()
    harness.add('proof')
    harness.add('slow')
    for (let minute = 0; minute < 9; minute++) {
      harness.add('other')
      await harness.clock.advance(MINUTE)
    }
    const slow = harness.logs.map(line => JSON.parse(line)).filter(({ msg }) => msg.includes('in time'))
    expect(slow).toMatchObject([
      { level: 40, route: '/messages', mend: expect.stringMatching(/dispatch a job/) },
    ])
    expect(held(harness)).toEqual([])
  })
})
