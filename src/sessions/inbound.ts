import type { MessageFact } from '../../machines/facts.ts'
import type { Clock, InboxWrite, MessageWrite, ReceivedMessage, Store } from '../ports.ts'
import type { SessionActor } from './actor.ts'
import { messageDelivery } from './message-delivery.ts'

/**
 * Puts messages into the log with their delivery and the end of their inbox rows, one commit; what is known already only
 * finishes its inbox row. Resolves once durable: what was acked to WhatsApp no state of the session may refuse.
 */
export async function receive(
  actor: SessionActor,
  { store, clock, tellLaravel }: { store: Store; clock: Clock; tellLaravel: boolean },
  messages: ReceivedMessage[],
): Promise<void> {
  const { streamId } = actor
  const seen = new Set<string>()
  const fresh: ReceivedMessage[] = []
  for (const received of messages) {
    const { dedupeKey, message } = received
    const known =
      seen.has(dedupeKey) ||
      actor.arriving.has(dedupeKey) ||
      store.messages.hasDedupeKey(streamId, dedupeKey) ||
      (message.from_me && store.messages.find(streamId, message.message_id, 'out') !== null)
    seen.add(dedupeKey)
    if (!known) fresh.push(received)
  }
  const inbox: InboxWrite[] = messages.flatMap(({ inboxHash }) =>
    inboxHash === null ? [] : [{ done: inboxHash }],
  )
  if (fresh.length === 0) {
    // The first copy may still be on its way into the log.
    await (inbox.length > 0 ? actor.change({ inbox }) : actor.durable())
    return
  }

  const at = clock.now()
  const facts = fresh.map(
    ({ message }): MessageFact => ({
      type: 'message.received',
      messageId: message.message_id,
      chatId: message.chat_id,
    }),
  )
  for (const { dedupeKey } of fresh) actor.arriving.add(dedupeKey)
  try {
    await actor.append(facts, first => {
      const rows = fresh.map(
        ({ dedupeKey, message }, i): MessageWrite => ({
          insert: {
            messageId: message.message_id,
            chatId: message.chat_id,
            direction: 'in',
            dedupeKey,
            content: message,
            status: 'received',
            seq: first + i,
            at,
          },
        }),
      )
      const deliveries = fresh.map(({ dedupeKey }, i) => messageDelivery(actor, first + i, dedupeKey, at))
      return { messages: rows, inbox, lastActivity: at, ...(tellLaravel && { deliveries }) }
    })
  } finally {
    for (const { dedupeKey } of fresh) actor.arriving.delete(dedupeKey)
  }
}
