import type { Clock } from '../../base/clock.ts'
import type { NewDelivery } from '../../ports/delivery-table.ts'
import type { Store } from '../../ports/store.ts'
import { accountEventDelivery } from '../account-event-delivery.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { messageDelivery } from './message-delivery.ts'

/** Deliveries of one commit: a long replay lets others in between. */
const AT_ONCE = 500

/**
 * Puts the messages received after the seq `after` and up to `until`, and what else Laravel was told of, into deliveries again, in
 * order, under the webhook ids that they had. What waits already stays as it is, what is dead lives again. Resolves with their
 * number once all are durable.
 */
export async function replay(
  actor: SessionActor,
  { messages, accountEvents }: Pick<Store, 'messages' | 'accountEvents'>,
  clock: Clock,
  after: number,
  until: number,
): Promise<number> {
  const { streamId } = actor
  const received = (from: number, at: number) =>
    messages
      .received(streamId, from, until, AT_ONCE)
      .map(({ seq, dedupeKey }) => messageDelivery(actor, seq, dedupeKey, at))
  const happened = (from: number, at: number) =>
    accountEvents
      .between(streamId, from, until, AT_ONCE)
      .map(({ seq, event, happenedAt }) => accountEventDelivery(actor, seq, at, event, happenedAt))
  return (await again(actor, clock, after, received)) + (await again(actor, clock, after, happened))
}

async function again(
  actor: SessionActor,
  clock: Clock,
  after: number,
  next: (from: number, at: number) => NewDelivery[],
): Promise<number> {
  let count = 0
  for (let from = after; ; ) {
    const deliveries = next(from, clock.now())
    const last = deliveries.at(-1)
    if (last === undefined) return count
    await actor.change({ deliveries })
    count += deliveries.length
    from = last.seq
  }
}
