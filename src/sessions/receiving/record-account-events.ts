import type { AccountFact } from '../../../machines/facts.ts'
import type { Clock } from '../../base/clock.ts'
import type { AccountEvent } from '../../messages/account-event.ts'
import type { Store } from '../../ports/store.ts'
import type { AccountHappening } from '../../ports/whatsapp.ts'
import { accountEventDelivery } from '../account-event-delivery.ts'
import type { SessionActor } from '../host/session-actor.ts'
import type { Changes } from '../host/stream.ts'

/**
 * Puts what happened to an account into the log with its delivery and with what `changes` by it, one commit; what is known already
 * is told to nobody. Resolves once durable, in every state of the session: only then WhatsApp is told that it arrived.
 */
export async function recordAccountEvents(
  actor: SessionActor,
  { store, clock }: { store: Store; clock: Clock },
  happenings: AccountHappening[],
  changes: Changes = {},
): Promise<void> {
  const { arriving, streamId } = actor
  const fresh: AccountHappening[] = []
  for (const happening of happenings) {
    const { key } = happening
    if (arriving.has(key) || store.accountEvents.find(streamId, key) !== null) continue
    arriving.add(key)
    fresh.push(happening)
  }
  // The first copy may still be on its way into the log.
  if (fresh.length === 0) return Object.keys(changes).length > 0 ? actor.change(changes) : actor.durable()
  const at = clock.now()
  try {
    await actor.append(
      fresh.map(({ event }) => factOf(event)),
      first => ({
        ...changes,
        accountEvents: fresh.map((happening, i) => ({ ...happening, seq: first + i, at })),
        deliveries: fresh.map(({ event, happenedAt }, i) =>
          accountEventDelivery(actor, first + i, at, event, happenedAt),
        ),
      }),
    )
  } finally {
    for (const { key } of fresh) arriving.delete(key)
  }
}

function factOf(event: AccountEvent): AccountFact {
  if (event.type === 'call') return { type: 'call.changed', callId: event.call_id, status: event.status }
  if (event.type === 'group') return { type: 'group.changed', jid: event.jid, action: event.action }
  return { type: 'contact.changed', jid: event.jid, change: event.change }
}
