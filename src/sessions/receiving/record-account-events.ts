import type { AccountFact } from '../../../machines/facts.ts'
import type { Clock } from '../../base/clock.ts'
import { turnsOfEach } from '../../base/turns.ts'
import type { AccountEvent } from '../../messages/account-event.ts'
import type { Store } from '../../ports/store.ts'
import type { AccountHappening } from '../../ports/whatsapp.ts'
import { accountEventDelivery } from '../account-event-delivery.ts'
import type { SessionActor } from '../host/session-actor.ts'
import type { Changes } from '../host/stream.ts'

/** Of each session one after the other is looked up and handed over: what one does not find, the next one knows to be on its way. */
const turnsOf = turnsOfEach<SessionActor>()

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
  const { durable } = await turnsOf(actor).take(async () => {
    const fresh = await unknownOf(actor, store, happenings)
    return { durable: handOver(actor, clock.now(), fresh, changes) }
  })
  await durable
}

async function unknownOf(
  { arriving, streamId }: SessionActor,
  store: Store,
  happenings: AccountHappening[],
): Promise<AccountHappening[]> {
  const keys = new Set(happenings.map(({ key }) => key).filter(key => !arriving.has(key)))
  await Promise.all(
    [...keys].map(async key => {
      if ((await store.accountEvents.find(streamId, key)) !== null) keys.delete(key)
    }),
  )
  return happenings.filter(({ key }) => keys.delete(key))
}

async function handOver(
  actor: SessionActor,
  at: number,
  fresh: AccountHappening[],
  changes: Changes,
): Promise<void> {
  const { arriving } = actor
  // The first copy may still be on its way into the log.
  if (fresh.length === 0) return Object.keys(changes).length > 0 ? actor.change(changes) : actor.durable()
  for (const { key } of fresh) arriving.add(key)
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
