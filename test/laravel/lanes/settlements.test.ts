import { expect, it } from 'vitest'
import type { DeliveryOutcome } from '../../../src/ports/delivery-table.ts'
import { createHarness, gate, ok, SECOND } from '../harness.ts'

/** A harness whose store takes the outcomes that may wait when the test lets it. */
function lazyHarness(options: Parameters<typeof createHarness>[0] = {}) {
  const harness = createHarness(options)
  const { settle } = harness.table.store
  const waiting: (() => void)[] = []
  harness.table.store.settle = async (id: number, outcome: DeliveryOutcome, lazy?: boolean) => {
    if (lazy) {
      const stored = gate<void>()
      waiting.push(() => stored.open())
      await stored.opened
    }
    await settle(id, outcome)
  }
  return {
    harness,
    store() {
      for (const open of waiting.splice(0)) open()
    },
  }
}

it('an empty lane gives up its place while its outcome is on its way into the store', async () => {
  const { harness, store } = lazyHarness({ concurrency: 1 })
  const ids = [harness.add('a'), harness.add('b'), harness.add('c')]
  harness.deliveries.start()
  await harness.clock.advance(SECOND)
  expect(harness.calls.map(({ webhookId }) => webhookId)).toEqual(ids)
  expect(harness.table.rows.size).toBe(3)
  store()
  await harness.clock.advance(1)
  expect(harness.table.rows.size).toBe(0)
})

it.each([
  false,
  true,
])('what is on its way is not delivered again, and what comes behind it is (leased: %s)', async leased => {
  const { harness, store } = lazyHarness({ leased })
  harness.add('a')
  harness.deliveries.start()
  await harness.clock.advance(SECOND)
  const second = harness.add('a')
  harness.deliveries.wake('a')
  await harness.clock.advance(60 * SECOND)
  expect(harness.calls).toHaveLength(1)
  store()
  await harness.clock.advance(1)
  expect(harness.calls.map(({ webhookId }) => webhookId)).toEqual([expect.any(String), second])
})

it('what comes while a lane that had nothing else is being drained waits for no outcome that may wait', async () => {
  const { harness } = lazyHarness({ leased: true })
  const first = harness.add('a')
  let second = ''
  harness.respond(({ webhookId }) => {
    if (webhookId === first) {
      second = harness.add('a')
      harness.deliveries.wake('a')
    }
    return ok
  })
  harness.deliveries.start()
  await harness.clock.advance(1)
  expect(harness.calls.map(({ webhookId }) => webhookId)).toEqual([first, second])
})

it.each([
  false,
  true,
])('a lane with more in it waits for each outcome, and no outcome of a session’s status waits (leased: %s)', async leased => {
  const { harness, store } = lazyHarness({ leased })
  for (const lane of ['a', 'a', 'b']) harness.add(lane, lane === 'b' ? { kind: 'status' } : {})
  harness.deliveries.start()
  await harness.clock.advance(1)
  expect(harness.calls).toHaveLength(3)
  expect([...harness.table.rows.values()].map(({ id }) => id)).toEqual([2])
  store()
  await harness.clock.advance(1)
  expect(harness.table.rows.size).toBe(0)
})

it('no more than 64 outcomes may be on their way: a crash repeats no more than those and what is in flight', async () => {
  const { harness, store } = lazyHarness()
  for (let n = 0; n < 200; n++) harness.add(`lane${n}`)
  harness.deliveries.start()
  await harness.clock.advance(SECOND)
  expect(harness.calls).toHaveLength(200)
  expect(harness.table.rows.size).toBe(64)
  store()
  await harness.clock.advance(1)
  expect(harness.table.rows.size).toBe(0)
})

it('stop waits until what is on its way has arrived', async () => {
  const { harness, store } = lazyHarness()
  harness.add('a')
  harness.deliveries.start()
  await harness.clock.advance(1)
  let stopped = false
  const stopping = harness.deliveries.stop(SECOND).then(() => {
    stopped = true
  })
  await harness.clock.advance(SECOND - 1)
  expect(stopped).toBe(false)
  store()
  await stopping
  expect(harness.table.rows.size).toBe(0)
})

it('stop waits no longer than it may for a store that says nothing', async () => {
  const { harness } = lazyHarness()
  harness.add('a')
  harness.deliveries.start()
  await harness.clock.advance(1)
  const stopping = harness.deliveries.stop(SECOND)
  await harness.clock.advance(SECOND)
  await stopping
  expect(harness.table.rows.size).toBe(1)
  expect(harness.clock.pending()).toBe(0)
})
