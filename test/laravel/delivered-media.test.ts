import { describe, expect, it } from 'vitest'
import type { DeliveryRow } from '../../src/ports/delivery-table.ts'
import type { DownloadState } from '../../src/ports/download-table.ts'
import { answered, createHarness, gate, HOUR, MINUTE, ok, SECOND } from './harness.ts'

const WAIT = 30 * SECOND
const media = { id: 'ab', mimetype: 'image/png', filename: null, size: 3, seconds: null }
const pending: DownloadState = { state: 'pending', error: null }

function createWorld() {
  let links = 0
  const present = new Set(['ab'])
  const harness = createHarness({
    files: {
      waitMs: WAIT,
      linkTo: id => `http://wm.test/media/${id}?n=${++links}`,
      has: async id => present.has(id),
    },
  })
  harness.deliveries.start()
  const rowOf = (webhookId: string): DeliveryRow =>
    [...harness.table.rows.values()].find(row => row.webhookId === webhookId)!
  return {
    ...harness,
    present,
    bodies: () => harness.calls.map(({ payload }) => payload.media as Record<string, unknown> | null),
    add(lane: string, download: DownloadState | null, fields: object = {}) {
      const webhookId = harness.table.add(lane, harness.clock.now(), {
        payload: { session_id: lane, message_id: 'm', media, ...fields },
      })
      const row = rowOf(webhookId)
      harness.table.rows.set(row.id, { ...row, download })
      harness.deliveries.wake(lane)
      return row.id
    },
    settle(id: number, download: DownloadState) {
      const row = harness.table.rows.get(id)!
      harness.table.rows.set(id, { ...row, download })
      harness.deliveries.wake(row.lane)
    },
  }
}

describe('a delivery with a file', () => {
  it('goes out at once when the file is there, with a link', async () => {
    const world = createWorld()
    world.add('a', { state: 'done', error: null })
    await world.clock.advance(1)
    const url = 'http://wm.test/media/ab?n=1'
    expect(world.bodies()).toEqual([{ ...media, ptt: null, url, error: null }])
    expect(world.calls[0]!.payload).toMatchObject({ session_id: 'a', message_id: 'm' })
  })

  it('says of audio whether it is a voice note', async () => {
    const world = createWorld()
    const done = { state: 'done', error: null } as const
    world.add('a', done, { media: { ...media, ptt: true } })
    world.add('b', done, { media: { ...media, ptt: false } })
    await world.clock.advance(1)
    expect(world.bodies().map(body => body!.ptt)).toEqual([true, false])
  })

  it('waits for a file that is being downloaded, and goes out when it is there', async () => {
    const world = createWorld()
    const id = world.add('a', pending)
    await world.clock.advance(10 * SECOND)
    expect(world.calls).toEqual([])
    world.settle(id, { state: 'done', error: null })
    await world.clock.advance(1)
    expect(world.times('a')).toEqual([10 * SECOND])
    expect(world.bodies()).toMatchObject([{ error: null }])
  })

  it('waits at most MEDIA_WAIT_MS, and then says why there is no file yet', async () => {
    const world = createWorld()
    world.add('a', pending)
    world.add('b', { state: 'pending', error: 'HTTP 500.' })
    await world.clock.advance(WAIT - 1)
    expect(world.calls).toEqual([])
    await world.clock.advance(1)
    expect(world.bodies()).toMatchObject([
      { error: 'not downloaded yet: it is on its way' },
      { error: 'not downloaded yet: HTTP 500.' },
    ])
  })

  it('goes out at once when the file could not be downloaded', async () => {
    const world = createWorld()
    world.add('a', { state: 'failed', error: 'It is gone.' })
    await world.clock.advance(1)
    expect(world.bodies()).toMatchObject([
      { error: 'It is gone.', url: expect.stringContaining('/media/ab') },
    ])
  })

  it('says so when the file was removed from the store', async () => {
    const world = createWorld()
    world.present.clear()
    world.add('a', { state: 'done', error: null })
    world.add('b', null)
    await world.clock.advance(1)
    expect(world.bodies()).toMatchObject([
      { error: 'The file is not kept any more.' },
      { error: 'The file is not kept any more.' },
    ])
  })

  it('delays what follows in its lane, and no other lane', async () => {
    const world = createWorld()
    const id = world.add('a', pending)
    world.add('a', null, { media: null })
    world.add('b', null, { media: null })
    await world.clock.advance(5 * SECOND)
    expect(world.calls.map(({ lane }) => lane)).toEqual(['b'])
    world.settle(id, { state: 'done', error: null })
    await world.clock.advance(1)
    expect(world.calls.map(({ lane }) => lane)).toEqual(['b', 'a', 'a'])
    expect(world.bodies().at(-1)).toBeNull()
  })

  it('gets a new link at each attempt, and has its file in the attempt after the download', async () => {
    const world = createWorld()
    const id = world.add('a', pending)
    world.respond(() => answered(422))
    await world.clock.advance(WAIT)
    world.settle(id, { state: 'done', error: null })
    world.respond(() => ok)
    await world.clock.advance(MINUTE)
    expect(world.bodies()).toMatchObject([
      { url: expect.stringContaining('n=1'), error: expect.stringContaining('not downloaded') },
      { url: expect.stringContaining('n=2'), error: null },
    ])
    expect(new Set(world.calls.map(({ webhookId }) => webhookId)).size).toBe(1)
  })

  it('does not probe Laravel while it waits for its file: another lane does', async () => {
    const world = createWorld()
    world.respond(() => answered(503))
    world.add('b', null, { media: null })
    await world.clock.advance(SECOND)
    world.add('a', pending)
    world.respond(() => ok)
    await world.clock.advance(5 * SECOND)
    expect(world.calls.at(-1)!.lane).toBe('b')
    expect(world.deliveries.health().ok).toBe(true)
    await world.clock.advance(WAIT)
    expect(world.calls.at(-1)!.lane).toBe('a')
  })

  it('waits for its file again after it was redriven, at most MEDIA_WAIT_MS', async () => {
    const world = createWorld()
    world.respond(() => answered(422))
    const id = world.add('a', pending)
    await world.clock.advance(HOUR)
    expect(world.dead().map(row => row.id)).toEqual([id])
    const before = world.calls.length
    world.respond(() => ok)
    await world.table.store.settle(id, { redriven: true, at: world.clock.now() })
    world.deliveries.wake('a')
    await world.clock.advance(WAIT - 1)
    expect(world.calls).toHaveLength(before)
    await world.clock.advance(1)
    expect(world.calls).toHaveLength(before + 1)
  })

  it('does not wait for its file if it was made before the clock was set back', async () => {
    const world = createWorld()
    const id = world.add('a', pending)
    const row = world.table.rows.get(id)!
    world.table.rows.set(id, { ...row, at: row.at + 5 * HOUR })
    world.deliveries.wake('a')
    await world.clock.advance(WAIT)
    expect(world.calls).toHaveLength(1)
  })

  it('is found again after the queue lost its wake', async () => {
    const world = createWorld()
    world.add('a', pending)
    await world.clock.advance(SECOND)
    world.forget()
    await world.clock.advance(2 * MINUTE)
    expect(world.calls).toHaveLength(1)
  })

  it('stays unchanged if the process stops while it is in flight', async () => {
    const world = createWorld()
    const hung = gate<never>()
    world.respond(() => hung.opened)
    const id = world.add('a', { state: 'done', error: null })
    await world.clock.advance(1)
    void world.deliveries.stop(0)
    await world.clock.advance(1)
    expect(world.table.rows.has(id)).toBe(true)
  })
})
