import { describe, expect, it } from 'vitest'
import { answered, createHarness, HOUR, MINUTE, ok, SECOND } from './harness.ts'

/** Seconds between the attempts of a lane that answers 404, as far as 39 min reach. */
const SCHEDULE = [5, 30, 120, 300, 900]

describe('a queue that loses all wakes', () => {
  it('delays pending deliveries by at most half a minute', async () => {
    const harness = createHarness()
    harness.deliveries.start()
    await harness.clock.advance(SECOND)
    for (let n = 0; n < 20; n++) harness.table.add(`lane${n}`, harness.clock.now())
    harness.forget()
    await harness.clock.advance(30 * SECOND)
    expect(harness.table.rows.size).toBe(0)
  })

  it('does not stop the probes during an outage; everything is delivered within a minute', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    for (let n = 0; n < 20; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(10 * MINUTE)
    harness.forget()
    harness.respond(() => ok)
    await harness.clock.advance(MINUTE)
    expect(harness.table.rows.size).toBe(0)
  })

  it('just when Laravel is back and all lanes are woken delays them by at most half a minute', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    for (let n = 0; n < 40; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(10 * MINUTE)
    harness.respond(() => {
      harness.forget()
      harness.respond(() => ok)
      return ok
    })
    await harness.clock.advance(90 * SECOND)
    expect(harness.table.rows.size).toBe(0)
  })

  it('does not keep deliveries that are too old from becoming dead letters', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    for (let n = 0; n < 300; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(71 * HOUR)
    harness.forget()
    await harness.clock.advance(HOUR + 2 * MINUTE)
    expect(harness.dead()).toHaveLength(300)
  })

  it('shortens no wait: Retry-After and the schedule are kept', async () => {
    const harness = createHarness()
    harness.respond(call =>
      call.lane === 'busy'
        ? answered(422, harness.clock.now() + 40 * MINUTE)
        : call.lane === 'gone'
          ? answered(404)
          : ok,
    )
    harness.deliveries.start()
    harness.add('busy')
    harness.add('gone')
    await harness.clock.advance(1)
    harness.add('taken')
    await harness.clock.advance(MINUTE - 1)
    for (let n = 0; n < 38; n++) {
      harness.forget()
      await harness.clock.advance(MINUTE)
    }
    expect(harness.times('busy')).toHaveLength(1)
    const tried = harness.times('gone').map(at => at / SECOND)
    const waits = tried.slice(1).map((at, index) => at - tried[index]!)
    expect(waits).toHaveLength(SCHEDULE.length)
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(SCHEDULE[index]!)
      expect(wait).toBeLessThanOrEqual(SCHEDULE[index]! + 30)
    }
    await harness.clock.advance(2 * MINUTE)
    expect(harness.times('busy')).toHaveLength(2)
  })
})

describe('the sweep', () => {
  it('does not read the heads of lanes that are held by an outage', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503))
    for (let n = 0; n < 2_000; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(10 * MINUTE)
    let heads = 0
    const { head } = harness.table.store
    harness.table.store.head = lane => {
      heads++
      return head(lane)
    }
    await harness.clock.advance(10 * MINUTE)
    expect(heads).toBeLessThan(100)
  })

  it('does not shorten the Retry-After of an outage', async () => {
    const harness = createHarness()
    harness.respond(() => answered(503, harness.clock.now() + 20 * MINUTE))
    for (let n = 0; n < 10; n++) harness.add(`lane${n}`)
    harness.deliveries.start()
    await harness.clock.advance(19 * MINUTE)
    harness.forget()
    await harness.clock.advance(50 * SECOND)
    expect(harness.calls).toHaveLength(10)
    await harness.clock.advance(45 * SECOND)
    expect(harness.calls).toHaveLength(11)
  })
})
