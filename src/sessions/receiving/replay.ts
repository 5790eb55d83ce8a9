import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { AccountEventType } from '../../messages/account-event.ts'
import type { NewDelivery } from '../../ports/delivery-table.ts'
import type { Store, Write } from '../../ports/store.ts'
import type { Reread, WhatsApp } from '../../ports/whatsapp.ts'
import { accountEventDelivery } from '../account-event-delivery.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { messageDelivery } from './message-delivery.ts'

export interface ReplayDeps {
  store: Pick<Store, 'messages' | 'accountEvents'>
  whatsapp: Pick<WhatsApp, 'reread'>
  clock: Clock
  /** LARAVEL_EVENTS: what Laravel wants no more is not told again. */
  accountEvents: readonly AccountEventType[]
  /** A file may be there to be fetched. */
  onDownload?: (() => void) | undefined
}

type Again = Pick<Write, 'messages' | 'downloads'> & { deliveries: NewDelivery[] }
/** What one commit puts in line again, and the last seq that was looked at; undefined: there are no more. */
type Page = { write: Again; last: number | undefined }

/** Deliveries of one commit: a long replay lets others in between. */
const AT_ONCE = 500

/**
 * Puts the messages received after the seq `after` and up to `until`, and what else Laravel was told of, into deliveries again, in
 * order, under the webhook ids that they had. What waits already stays as it is, what is dead lives again; what an earlier version
 * could not read and this one can is told as what it is. Resolves with their number once all are durable; rejects with MESSAGES_REMOVED
 * if some of them are gone.
 */
export async function replay(
  actor: SessionActor,
  { store, whatsapp, clock, accountEvents, onDownload }: ReplayDeps,
  after: number,
  until: number,
): Promise<number> {
  const { streamId } = actor
  const { messages } = store
  const goneTo = await messages.goneTo(streamId)
  if (after < goneTo && until > after)
    throw new GatewayError(
      'MESSAGES_REMOVED',
      `Messages up to seq ${goneTo} were removed for their age (MESSAGES_KEEP_DAYS): replay from after ${goneTo} on.`,
    )
  const received = async (from: number, at: number): Promise<Page> => {
    const rows = await messages.received(streamId, from, until, AT_ONCE)
    const deliveries = rows.map(({ seq, dedupeKey }) => messageDelivery(actor, seq, dedupeKey, at))
    const last = deliveries.at(-1)?.seq
    const unread = await messages.unread(streamId, from, last ?? from)
    const read: (Reread & { seq: number })[] = []
    for (const { seq, content, proto } of unread) {
      const reread = await whatsapp.reread(streamId, content, proto)
      if (reread) read.push({ seq, ...reread })
    }
    const write = {
      deliveries,
      messages: read.map(({ seq, message }) => ({ reread: { seq, content: message } })),
      downloads: read.flatMap(({ seq, media }) => (media ? [{ seq, source: media, at }] : [])),
    }
    return { write, last }
  }
  const happened = async (from: number, at: number): Promise<Page> => {
    const events = await store.accountEvents.between(streamId, from, until, AT_ONCE)
    const deliveries = events
      .filter(({ event }) => accountEvents.includes(event.type))
      .map(({ seq, event, happenedAt }) => accountEventDelivery(actor, seq, at, event, happenedAt))
    return { write: { deliveries }, last: events.at(-1)?.seq }
  }
  const count = (await again(actor, clock, after, received)) + (await again(actor, clock, after, happened))
  onDownload?.()
  return count
}

async function again(
  actor: SessionActor,
  clock: Clock,
  after: number,
  next: (from: number, at: number) => Promise<Page>,
): Promise<number> {
  let count = 0
  for (let from = after; ; ) {
    const { write, last } = await next(from, clock.now())
    if (last === undefined) return count
    if (write.deliveries.length > 0) await actor.change(write)
    count += write.deliveries.length
    from = last
  }
}
