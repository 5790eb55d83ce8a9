import { describe, expect, it } from 'vitest'
import { withSession } from '../../src/laravel/delivered-session.ts'
import { createUndelivered } from '../../src/laravel/undelivered.ts'
import type { DeliveryKind } from '../../src/ports/delivery-table.ts'
import { createHarness } from './harness.ts'

const row = (kind: DeliveryKind) => ({ kind, sessionId: 's1', streamId: 'stream', seq: 9 })
const sessions = { ownerOf: async () => ({ userId: 'u-7', metadata: { tenant: 7 } }) }
const never = {
  ownerOf(): never {
    throw new Error('it stands in the payload')
  },
}

describe('what is delivered', () => {
  it('says of a message whose it is, where it stands, and what the session was given', async () => {
    const payload = await withSession(row('messages'), { session_id: 's1', body: 'hi' }, sessions)
    expect(payload).toEqual({
      ...{ session_id: 's1', user_id: 'u-7', seq: 9 },
      ...{ body: 'hi', metadata: { tenant: 7 } },
    })
    expect(Object.keys(payload).slice(0, 3)).toEqual(['session_id', 'user_id', 'seq'])
  })

  it.each(['status', 'events', 'receipt'] as const)('says of kind %s what its fact stored', async kind => {
    const stored = { session_id: 's1', user_id: 3, metadata: null, client_ref: 'r' }
    expect(await withSession(row(kind), stored, never)).toEqual({ ...stored, seq: 9 })
  })

  it('completes what an earlier version stored', async () => {
    const stored = { session_id: 's1', status: 'sent' }
    const told = { ...stored, user_id: 'u-7', seq: 9 }
    expect(await withSession(row('status'), stored, sessions)).toEqual({ ...told, metadata: { tenant: 7 } })
    expect(await withSession(row('events'), stored, sessions)).toEqual({ ...told, metadata: { tenant: 7 } })
    // A send of before had neither.
    expect(await withSession(row('receipt'), stored, sessions)).toEqual({
      ...told,
      ...{ client_ref: null, metadata: null },
    })
  })

  it('names nobody of a session that is gone', async () => {
    const gone = { ownerOf: async () => null }
    expect(await withSession(row('status'), { session_id: 's1' }, gone)).toEqual({
      ...{ session_id: 's1', user_id: null, seq: 9, metadata: null },
    })
  })

  it('is shown as it is delivered', async () => {
    const harness = createHarness()
    const undelivered = createUndelivered(harness.table.store, harness.deliveries, harness.clock, sessions)
    harness.table.add('a', harness.clock.now())
    expect((await undelivered.find(1)).payload).toMatchObject({
      ...{ session_id: 'a', user_id: 'u-7', seq: 1, message_id: 'm1' },
      ...{ quoted: null, mentions: [], metadata: { tenant: 7 } },
    })
    const stored = harness.table.rows.get(1)!
    harness.table.rows.set(1, { ...stored, payload: {}, unreadable: true })
    expect((await undelivered.find(1)).payload).toEqual({})
  })
})
