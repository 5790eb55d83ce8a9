import type { MessageFact } from '../../../machines/facts.ts'
import type { Clock } from '../../base/clock.ts'
import { turnsOfEach } from '../../base/turns.ts'
import { noticeKey } from '../../messages/message-ref.ts'
import type { InboxWrite } from '../../ports/key-store.ts'
import type { MessageWrite } from '../../ports/message-table.ts'
import type { Store } from '../../ports/store.ts'
import type { ReceivedMessage } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { messageDelivery } from './message-delivery.ts'

const HISTORY = 'history|'
/** Of each session one after the other is looked up and handed over: of two copies the second finds the first. */
const turnsOf = turnsOfEach<SessionActor>()

export interface RecordReceivedDeps {
  store: Store
  clock: Clock
  tellLaravel: boolean
  /** A message came with a file, and stands in the log. */
  onDownload?: () => void
}

/**
 * Puts messages into the log with their delivery and the end of their inbox rows, one commit; what is known already only
 * finishes its inbox row. Resolves once durable: what was acked to WhatsApp no state of the session may refuse. Imported ones are
 * rows without a delivery or a download, under a key of their own: they never make a message that arrives count as known.
 */
export async function recordReceived(
  actor: SessionActor,
  deps: RecordReceivedDeps,
  messages: ReceivedMessage[],
): Promise<void> {
  const { durable } = await turnsOf(actor).take(async () => ({
    durable: record(actor, deps, messages, await freshOf(actor, deps, messages)),
  }))
  await durable
}

type Fresh = ReceivedMessage & { key: string }

/** Those of the messages that are not known yet. */
async function freshOf(
  actor: SessionActor,
  { store }: Pick<RecordReceivedDeps, 'store'>,
  messages: ReceivedMessage[],
): Promise<Fresh[]> {
  const { streamId } = actor
  const seen = new Set<string>()
  const isKnown = async (key: string) =>
    seen.has(key) || actor.arriving.has(key) || (await store.messages.hasDedupeKey(streamId, key))
  const fresh: Fresh[] = []
  for (const received of messages) {
    const { dedupeKey, formerKeys = [], message, imported, noticeOf } = received
    const key = imported ? `${HISTORY}${dedupeKey}` : dedupeKey
    const names = [key, ...formerKeys, ...(imported ? [dedupeKey] : []), ...(noticeOf ? [noticeOf] : [])]
    let known = false
    for (const name of names) known ||= await isKnown(name)
    if (message.from_me) known ||= (await store.messages.find(streamId, message.message_id, 'out')) !== null
    seen.add(key)
    if (known) continue
    const mayReplace = message.view_once && !noticeOf
    const replaces = mayReplace && (await isKnown(noticeKey(dedupeKey))) && message.message_id
    fresh.push({ ...received, message: replaces ? { ...message, replaces } : message, key })
  }
  return fresh
}

async function record(
  actor: SessionActor,
  { clock, tellLaravel, onDownload }: RecordReceivedDeps,
  messages: ReceivedMessage[],
  fresh: Fresh[],
): Promise<void> {
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
    ({ message, imported }): MessageFact => ({
      type: imported ? 'message.imported' : 'message.received',
      messageId: message.message_id,
      chatId: message.chat_id,
    }),
  )
  for (const { key } of fresh) actor.arriving.add(key)
  try {
    await actor.append(facts, first => {
      const rows = fresh.map(
        ({ key, message, imported, secret, unread }, i): MessageWrite => ({
          insert: {
            messageId: message.message_id,
            chatId: message.chat_id,
            direction: 'in',
            dedupeKey: key,
            content: message,
            ...(secret && { secret }),
            status: 'received',
            forLaravel: tellLaravel && !imported,
            seq: first + i,
            at,
            ...(unread && { proto: unread }),
          },
        }),
      )
      const arrived = fresh.some(({ imported }) => !imported)
      const deliveries = fresh.flatMap(({ key, imported }, i) =>
        imported ? [] : [messageDelivery(actor, first + i, key, at)],
      )
      const downloads = fresh.flatMap(({ media, imported }, i) =>
        media === undefined || imported ? [] : [{ seq: first + i, source: media, at }],
      )
      return {
        messages: rows,
        inbox,
        ...(downloads.length > 0 && { downloads }),
        ...(arrived && { lastActivity: at }),
        ...(arrived && tellLaravel && { deliveries }),
      }
    })
    if (fresh.some(({ media, imported }) => media !== undefined && !imported)) onDownload?.()
  } finally {
    for (const { key } of fresh) actor.arriving.delete(key)
  }
}
