import type { Clock } from '../../base/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { messageDelivery } from './message-delivery.ts'

/** Deliveries of one commit: a long replay lets others in between. */
const AT_ONCE = 500

/**
 * Puts the messages received after the seq `after` and up to `until` into deliveries again, in order, under the webhook ids that
 * they had. What waits already stays as it is, what is dead lives again. Resolves with their number once all are durable.
 */
export async function replay(
  actor: SessionActor,
  messages: Store['messages'],
  clock: Clock,
  after: number,
  until: number,
): Promise<number> {
  let count = 0
  for (let from = after; ; ) {
    const rows = messages.received(actor.streamId, from, until, AT_ONCE)
    const last = rows.at(-1)
    if (last === undefined) return count
    const at = clock.now()
    const deliveries = rows.map(({ seq, dedupeKey }) => messageDelivery(actor, seq, dedupeKey, at))
    await actor.change({ deliveries })
    count += rows.length
    from = last.seq
  }
}
