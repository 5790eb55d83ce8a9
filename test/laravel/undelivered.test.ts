import { describe, expect, it } from 'vitest'
import { createUndelivered } from '../../src/laravel/undelivered.ts'
import { answered, createHarness, HOUR, MINUTE, ok, SECOND, unanswered } from './harness.ts'

function given() {
  const harness = createHarness()
  const undelivered = createUndelivered(harness.table.store, harness.deliveries, harness.clock)
  return { harness, undelivered }
}

/** Laravel takes nothing at all, and says so to `lanes` of one delivery each. */
async function outage(lanes: string[]) {
  const world = given()
  const { harness } = world
  harness.respond(() => unanswered('ECONNREFUSED'))
  harness.deliveries.start()
  for (const lane of lanes) harness.add(lane)
  await harness.clock.advance(20 * MINUTE)
  return world
}

/** So many lanes, each refused by Laravel for its own sake, while that takes what others have. */
async function refusals(lanes: string[]) {
  const world = given()
  const { harness } = world
  harness.respond(({ lane }) => (lanes.includes(lane) ? answered(404) : ok))
  harness.deliveries.start()
  for (const lane of [...lanes, 'other']) harness.add(lane)
  await harness.clock.advance(20 * MINUTE)
  harness.add('other')
  await harness.clock.advance(SECOND)
  return world
}

const ids = (rows: { id: number }[]) => rows.map(({ id }) => id)

describe('what waits', () => {
  it('is listed with its error and its next try, newest first, a page at a time', async () => {
    const { harness, undelivered } = await refusals(['a', 'b', 'c'])
    const first = await undelivered.list({ state: 'waiting', limit: 2 })
    expect(first).toMatchObject({ count: 3, next: 2 })
    expect(ids(first.rows)).toEqual([3, 2])
    expect(first.rows[0]).toMatchObject({ lastError: 'HTTP 404', cause: 'no_row', deadAt: null })
    expect(first.rows[0]!.tryAt).toBe(harness.table.rows.get(3)!.nextAt)
    expect(first.rows[0]!.tryAt).toBeGreaterThan(harness.clock.now())
    expect(ids((await undelivered.list({ state: 'waiting', limit: 2, before: 2 })).rows)).toEqual([1])
    expect(ids((await undelivered.list({ state: 'waiting', limit: 9, sessionId: 'b' })).rows)).toEqual([2])
    expect(await undelivered.list({ state: 'dead', limit: 9 })).toMatchObject({
      count: 0,
      rows: [],
      next: null,
    })
    await harness.deliveries.stop(0)
  })

  it('says when the route is tried again, as long as that is held', async () => {
    const { harness, undelivered } = await outage(['a', 'b'])
    const probesAt = harness.deliveries.probesAt('messages')!
    expect(probesAt).toBeGreaterThan(harness.clock.now())
    expect(await undelivered.find(2)).toMatchObject({ tryAt: probesAt, cause: 'unreachable' })
    await harness.deliveries.stop(0)
  })

  it('is tried at once when that is asked for, and goes out if it can', async () => {
    const { harness, undelivered } = await refusals(['a', 'b'])
    harness.respond(() => ok)
    const before = harness.calls.length
    expect(await undelivered.retry()).toBe(2)
    await harness.clock.advance(1)
    expect(
      harness.calls
        .slice(before)
        .map(({ lane }) => lane)
        .sort(),
    ).toEqual(['a', 'b'])
    expect((await undelivered.list({ state: 'waiting', limit: 9 })).count).toBe(0)
    await harness.deliveries.stop(0)
  })

  it('is tried at once of one session, and the others wait on', async () => {
    const { harness, undelivered } = await refusals(['a', 'b'])
    harness.respond(() => ok)
    const before = harness.calls.length
    expect(await undelivered.retry('b')).toBe(1)
    await harness.clock.advance(1)
    expect(harness.calls.slice(before).map(({ lane }) => lane)).toEqual(['b'])
    await harness.deliveries.stop(0)
  })

  it('goes out at once, all of it, when a route that was held works again', async () => {
    const { harness, undelivered } = await outage(['a', 'b', 'c', 'd', 'e', 'f'])
    harness.respond(() => ok)
    await undelivered.retry()
    await harness.clock.advance(SECOND)
    expect((await undelivered.list({ state: 'waiting', limit: 9 })).count).toBe(0)
    expect(harness.deliveries.health()).toMatchObject({ ok: true })
    await harness.deliveries.stop(0)
  })

  it('is one attempt more when Laravel still takes nothing: the next follow the schedule', async () => {
    const { harness, undelivered } = await outage(['a', 'b', 'c', 'd', 'e', 'f'])
    const before = harness.calls.length
    await undelivered.retry()
    await harness.clock.advance(SECOND)
    expect(harness.calls.length).toBe(before + 1)
    expect(harness.deliveries.probesAt('messages')).toBeGreaterThan(harness.clock.now())
    await harness.deliveries.stop(0)
  })

  it('is tried in place of the next time: many tries by hand make no dead letter, and no longer waits', async () => {
    const world = given()
    const { harness, undelivered } = world
    harness.respond(({ lane }) => (lane === 'a' ? answered(422) : ok))
    harness.deliveries.start()
    harness.add('a')
    await harness.clock.advance(SECOND)
    const { attempts, tries, nextAt } = harness.table.rows.get(1)!
    const wait = nextAt - harness.clock.now()
    for (let n = 0; n < 20; n++) {
      await undelivered.redrive(1)
      await harness.clock.advance(1)
    }
    expect(harness.table.rows.get(1)).toMatchObject({ attempts, tries, deadAt: null })
    expect(harness.table.rows.get(1)!.nextAt - harness.clock.now()).toBeLessThanOrEqual(wait + SECOND)
    await harness.deliveries.stop(0)
  })

  it('behind another one of its lane lets that one go first', async () => {
    const { harness, undelivered } = await refusals(['a'])
    harness.add('a')
    harness.respond(() => ok)
    const before = harness.calls.length
    await undelivered.redrive(harness.table.stored.page({ state: 'waiting', limit: 1 }).rows[0]!.id)
    await harness.clock.advance(1)
    expect(harness.calls.slice(before).map(({ payload }) => payload.message_id)).toEqual(['m1', 'm4'])
    await harness.deliveries.stop(0)
  })

  it('probes asked for by hand make no outage longer, and nothing dies of them', async () => {
    const { harness, undelivered } = await outage(['a', 'b', 'c', 'd', 'e', 'f'])
    const probesAt = harness.deliveries.probesAt('messages')
    const before = harness.calls.length
    for (let n = 0; n < 30; n++) {
      await undelivered.retry()
      await harness.clock.advance(1)
    }
    expect(harness.calls.length).toBe(before + 30)
    expect(harness.deliveries.probesAt('messages')).toBe(probesAt)
    expect((await undelivered.list({ state: 'dead', limit: 9 })).count).toBe(0)
    await harness.deliveries.stop(0)
  })
})

describe('what is tried by hand while it changes', () => {
  it('lives again if it died after it was found', async () => {
    const { harness, undelivered } = await refusals(['a'])
    const { head } = harness.table.store
    harness.table.store.head = async lane => {
      const answer = await head(lane)
      await harness.table.store.settle(1, { dead: true, at: harness.clock.now(), error: 'HTTP 404' })
      harness.table.store.head = head
      return answer
    }
    harness.respond(() => ok)
    await undelivered.redrive(1)
    await harness.clock.advance(1)
    expect(harness.table.rows.size).toBe(0)
    await harness.deliveries.stop(0)
  })

  it('is tried though what stood before it went out after it was found, and though it was tried before itself', async () => {
    const { harness, undelivered } = await refusals(['a'])
    const id = Number(harness.table.add('a', harness.clock.now()).split('.')[1])
    const later = harness.clock.now() + HOUR
    harness.table.rows.set(id, { ...harness.table.rows.get(id)!, attempts: 3, nextAt: later })
    harness.respond(() => ok)
    const before = harness.calls.length
    const { head } = harness.table.store
    harness.table.store.head = async lane => {
      const answer = await head(lane)
      harness.table.rows.delete(1)
      harness.table.store.head = head
      return answer
    }
    await undelivered.redrive(id)
    await harness.clock.advance(1)
    expect(harness.calls.slice(before).map(({ payload }) => payload.message_id)).toEqual([`m${id}`])
    await harness.deliveries.stop(0)
  })
})

describe('dead letters', () => {
  async function dead() {
    const world = given()
    const { harness } = world
    harness.respond(({ payload }) => (payload.message_id === 'm2' ? ok : answered(422)))
    harness.deliveries.start()
    for (const lane of ['a', 'b', 'c']) harness.add(lane)
    await harness.clock.advance(HOUR)
    return world
  }

  it('are listed and counted', async () => {
    const { harness, undelivered } = await dead()
    const { count, rows } = await undelivered.list({ state: 'dead', limit: 9 })
    expect([count, ids(rows)]).toEqual([2, [3, 1]])
    expect(rows[0]).toMatchObject({ lastError: 'HTTP 422', tryAt: null })
    await harness.deliveries.stop(0)
  })

  it('stand in line again with a new lifetime, and are tried at once', async () => {
    const { harness, undelivered } = await dead()
    await harness.clock.advance(80 * HOUR)
    harness.respond(() => ok)
    const before = harness.calls.length
    await undelivered.redrive(1)
    expect(harness.table.rows.get(1)).toMatchObject({ at: harness.clock.now(), tries: 0, deadAt: null })
    await harness.clock.advance(1)
    expect(harness.calls.slice(before).map(({ lane }) => lane)).toEqual(['a'])
    await harness.deliveries.stop(0)
  })

  it('stay dead when what waits is tried again', async () => {
    const { harness, undelivered } = await dead()
    expect(await undelivered.retry()).toBe(0)
    expect((await undelivered.list({ state: 'dead', limit: 9 })).count).toBe(2)
    await harness.deliveries.stop(0)
  })

  it('answer DELIVERY_NOT_FOUND if unknown or delivered', async () => {
    const { harness, undelivered } = await dead()
    for (const id of [2, 99]) {
      await expect(undelivered.find(id)).rejects.toMatchObject({ code: 'DELIVERY_NOT_FOUND' })
      await expect(undelivered.redrive(id)).rejects.toMatchObject({ code: 'DELIVERY_NOT_FOUND', status: 404 })
    }
    await harness.deliveries.stop(0)
  })
})
