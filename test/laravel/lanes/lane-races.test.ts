import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../../src/laravel/attempt.ts'
import { createUndelivered } from '../../../src/laravel/undelivered.ts'
import { answered, createHarness, gate, HOUR, MINUTE, ok, SECOND, unanswered } from '../harness.ts'

type Harness = ReturnType<typeof createHarness>

/** The table answers `name` with what it saw when it was asked, and only once the test lets it. */
function hold(harness: Harness, name: 'head' | 'hasNext') {
  const { store, stored } = harness.table
  const plain = store[name]
  const waiting: (() => void)[] = []
  const read = stored[name] as (...asked: unknown[]) => unknown
  Object.assign(store, {
    async [name](...asked: unknown[]) {
      const answer = read(...asked)
      await new Promise<void>(resolve => waiting.push(resolve))
      return answer
    },
  })
  return {
    waiting,
    async release() {
      Object.assign(store, { [name]: plain })
      for (const resolve of waiting.splice(0)) resolve()
      await harness.clock.advance(0)
    },
  }
}

async function begin(options: Parameters<typeof createHarness>[0] = {}) {
  const harness = createHarness(options)
  harness.deliveries.start()
  await harness.clock.advance(SECOND)
  return harness
}

const told = (harness: Harness) => harness.calls.map(({ payload }) => payload.message_id)

describe('while the table answers for a lane', () => {
  it('it is woken again and again, and has one delivery in flight', async () => {
    const harness = await begin()
    const heads = hold(harness, 'head')
    for (let n = 0; n < 5; n++) harness.add('a')
    await harness.clock.advance(0)
    expect(heads.waiting).toHaveLength(1)
    await heads.release()
    await harness.clock.advance(1)
    expect([harness.mostInFlight(), told(harness)]).toEqual([1, ['m1', 'm2', 'm3', 'm4', 'm5']])
  })

  it('something comes into it that the answer does not know, and it goes out at once', async () => {
    const harness = await begin()
    const heads = hold(harness, 'head')
    harness.deliveries.wake('a')
    await harness.clock.advance(0)
    harness.add('a')
    await heads.release()
    expect(told(harness)).toEqual(['m1'])
  })

  it("a newer status takes its head's place: Laravel hears that one last, and once", async () => {
    const harness = await begin()
    const heads = hold(harness, 'head')
    harness.add('s', { kind: 'status', payload: { session_id: 's', estado_qr: 'pending' } })
    await harness.clock.advance(0)
    harness.add('s', { kind: 'status', payload: { session_id: 's', estado_qr: 'active' } })
    await heads.release()
    await harness.clock.advance(1)
    const heard = harness.calls.map(({ payload }) => payload.estado_qr)
    expect(heard.at(-1)).toBe('active')
    expect(heard.filter(estado => estado === 'active')).toHaveLength(1)
    expect(harness.table.rows.size).toBe(0)
  })

  it('its head is hastened, and goes out at once', async () => {
    const harness = await begin()
    const undelivered = createUndelivered(harness.table.store, harness.deliveries, harness.clock)
    harness.respond(({ lane }) => (lane === 'a' ? answered(404) : ok))
    harness.add('a')
    await harness.clock.advance(1)
    harness.add('other')
    await harness.clock.advance(20 * MINUTE)
    harness.respond(() => ok)
    const before = harness.calls.length
    const heads = hold(harness, 'head')
    harness.deliveries.wake('a')
    await harness.clock.advance(0)
    const redriven = undelivered.redrive(1)
    await heads.release()
    await redriven
    await harness.clock.advance(1)
    expect(harness.calls.slice(before).map(({ lane }) => lane)).toEqual(['a'])
    await harness.deliveries.stop(0)
  })

  it('its head is hastened though its route is held: as the probe it goes out at once', async () => {
    const harness = await begin()
    harness.respond(() => unanswered('ECONNREFUSED'))
    harness.add('a')
    await harness.clock.advance(20 * MINUTE)
    const [row] = harness.table.rows.values()
    harness.table.rows.set(row!.id, { ...row!, nextAt: harness.clock.now() + HOUR })
    const before = harness.calls.length
    const heads = hold(harness, 'head')
    harness.deliveries.probe()
    await harness.clock.advance(0)
    expect(heads.waiting).toHaveLength(1)
    harness.respond(() => ok)
    await harness.table.store.settle(row!.id, { hastened: true, at: harness.clock.now() })
    harness.deliveries.wake('a')
    await heads.release()
    await harness.clock.advance(1)
    expect(harness.calls.length).toBe(before + 1)
    expect(harness.table.rows.size).toBe(0)
    await harness.deliveries.stop(0)
  })

  it('the store refuses the outcome of another lane: nothing is delivered until it has taken that', async () => {
    const harness = await begin()
    const { settle } = harness.table.store
    let broken = true
    harness.table.store.settle = async (...given) => {
      if (broken) throw new Error('the disk is full')
      await settle(...given)
    }
    const first = gate<Attempt>()
    harness.respond(({ lane }) => (lane === 'a' ? first.opened : ok))
    harness.add('a')
    await harness.clock.advance(0)
    const heads = hold(harness, 'head')
    harness.add('b')
    await harness.clock.advance(0)
    first.open(ok)
    await harness.clock.advance(0)
    await heads.release()
    await harness.clock.advance(5 * SECOND)
    expect(harness.calls.map(({ lane }) => lane)).toEqual(['a'])
    broken = false
    await harness.clock.advance(20 * SECOND)
    expect(harness.calls.map(({ lane }) => lane)).toEqual(['a', 'b'])
    expect(harness.table.rows.size).toBe(0)
  })
})

describe('while the table answers whether a delivery was the last of its lane', () => {
  it('another one comes: it follows, in order, and both go out once', async () => {
    const harness = await begin()
    const lasts = hold(harness, 'hasNext')
    harness.add('a')
    await harness.clock.advance(0)
    expect(lasts.waiting).toHaveLength(1)
    harness.add('a')
    harness.add('a')
    await lasts.release()
    await harness.clock.advance(SECOND)
    expect(told(harness)).toEqual(['m1', 'm2', 'm3'])
    expect(harness.table.rows.size).toBe(0)
  })

  it('the table fails: the outcome is stored all the same', async () => {
    const harness = await begin()
    harness.table.store.hasNext = () => Promise.reject(new Error('the store is away'))
    harness.add('a')
    await harness.clock.advance(1)
    expect([told(harness), harness.table.rows.size]).toEqual([['m1'], 0])
  })
})

describe('a stop while the table answers', () => {
  it('waits for the answer, and begins nothing', async () => {
    const harness = await begin()
    const heads = hold(harness, 'head')
    harness.add('a')
    await harness.clock.advance(0)
    let stopped = false
    const stopping = harness.deliveries.stop(10 * SECOND).then(() => {
      stopped = true
    })
    await harness.clock.advance(SECOND)
    expect(stopped).toBe(false)
    await heads.release()
    await stopping
    expect([harness.calls, harness.logs, harness.clock.pending()]).toEqual([[], [], 0])
  })

  it('says nothing of an answer that the end of the store made a failure', async () => {
    const harness = await begin()
    const answer = gate<void>()
    harness.table.store.head = async () => {
      await answer.opened
      throw new Error('The store is closed')
    }
    harness.add('a')
    await harness.clock.advance(0)
    const stopping = harness.deliveries.stop(10 * SECOND)
    answer.open()
    await stopping
    expect([harness.calls, harness.logs]).toEqual([[], []])
  })

  it('has what was delivered at its very end stored before it is over', async () => {
    const harness = await begin()
    // Laravel takes it in the moment in which the attempt is given up.
    harness.respond(
      (_, signal) => new Promise(resolve => signal?.addEventListener('abort', () => resolve(ok))),
    )
    harness.add('a')
    await harness.clock.advance(0)
    const lasts = hold(harness, 'hasNext')
    let stopped = false
    const stopping = harness.deliveries.stop(SECOND).then(() => {
      stopped = true
    })
    await harness.clock.advance(SECOND)
    expect([lasts.waiting.length, stopped]).toEqual([1, false])
    await lasts.release()
    await stopping
    expect(harness.table.settled).toMatchObject([{ outcome: { done: true } }])
    expect(harness.clock.pending()).toBe(0)
  })

  it('does not wait for ever for a store that answers nothing', async () => {
    const harness = await begin()
    hold(harness, 'head')
    harness.add('a')
    await harness.clock.advance(0)
    const stopping = harness.deliveries.stop(SECOND)
    await harness.clock.advance(2 * SECOND)
    await stopping
    expect(harness.clock.pending()).toBe(0)
  })
})
