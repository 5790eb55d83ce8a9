import { expect, test } from 'vitest'
import type { NewDelivery } from '../../src/ports/delivery-table.ts'
import type { Subject } from './contract.ts'
import { given, messageFact } from './facts.ts'

const receipt = (streamId: string, seq: number): NewDelivery => ({
  webhookId: `${streamId}.${seq}.receipt`,
  kind: 'receipt',
  lane: `${streamId}|receipts|${seq}@lid`,
  sessionId: 'a',
  seq,
  at: 1_000 + seq,
  payload: { session_id: 'a', client_ref: 'order-7', metadata: { order: seq }, error: null },
})

/** What stays of what callers gave to their sends. */
export function receiptsContract(subject: Subject): void {
  /** Statuses of sends whose callers gave something with them; that with seq 2 waits, the others are dead. */
  async function givenReceipts(streamId: string): Promise<void> {
    const seqs = [2, 3, 4]
    await subject.store.commit({
      ...{ streamId, epoch: 1, events: seqs.map(seq => messageFact(seq, 'message.sent')) },
      deliveries: seqs.map(seq => receipt(streamId, seq)),
    })
    const { deliveries } = subject.store
    for (const seq of [3, 4])
      await deliveries.settle((await deliveries.head(receipt(streamId, seq).lane))!.id, {
        ...{ dead: true, at: Date.now(), error: 'HTTP 422' },
      })
  }
  const dead = async () => (await subject.store.deliveries.page({ state: 'dead', limit: 9 })).rows

  test('dead letters about sends lose what their callers gave when that is too old to be kept', async () => {
    const streamId = await given(subject.store, 'a')
    await givenReceipts(streamId)
    expect(await subject.store.eraseBodies(1_004, 10)).toBe(1)
    const told = (await dead()).map(({ seq, payload }) => [seq, payload.metadata, payload.client_ref])
    expect(told).toEqual([
      [4, { order: 4 }, 'order-7'],
      [3, null, 'order-7'],
    ])
    expect(await subject.store.eraseBodies(9_000, 10)).toBe(1)
    expect(await subject.store.eraseBodies(9_000, 10)).toBe(0)
    // Laravel has yet to hear of it.
    expect((await subject.store.deliveries.head(receipt(streamId, 2).lane))!.payload.metadata).toEqual({
      order: 2,
    })
  })

  test('of a session that is deleted what became of sends is told, and no dead letter about them stays', async () => {
    const streamId = await given(subject.store, 'a')
    await givenReceipts(streamId)
    await subject.store.commit({
      ...{ streamId, epoch: 1, erase: 'stream', events: [messageFact(5, 'session.deleted')] },
    })
    expect(await dead()).toEqual([])
    expect((await subject.store.deliveries.head(receipt(streamId, 2).lane))!.payload).toMatchObject({
      metadata: { order: 2 },
    })
  })
}
