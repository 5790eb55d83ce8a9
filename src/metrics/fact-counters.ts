import { Counter, type Registry } from 'prom-client'
import type { NewEvent } from '../ports/event-log.ts'
import type { MessageWrite } from '../ports/message-table.ts'
import type { Write } from '../ports/store.ts'
import { named } from './name.ts'

/** Counts what is committed: the log says all that happened. Labels take their values from the code's own words, never from users. */
export function createFactCounters(registry: Registry): {
  committed(write: Write): void
  /** A session's machine had no use for an event of this type. */
  refused(type: string): void
} {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: named(name), help, labelNames, registers: [registry] })
  const connects = counter('connects_total', 'Sessions that WhatsApp let in')
  const disconnects = counter('disconnects_total', 'Sockets that ended, by what it means', ['reason'])
  const qrs = counter('qrs_total', 'QRs by what became of them: offered by WhatsApp, published, failed', [
    'outcome',
  ])
  const suppressed = counter('qrs_suppressed_total', 'QRs that Laravel was not told, by cause', ['cause'])
  const expired = counter('qrs_expired_total', 'Sessions that nobody scanned in time')
  const messages = counter('messages_total', 'Messages by direction and type', ['direction', 'type'])
  const statuses = counter('message_statuses_total', 'What became of messages', ['status'])
  const sendRetries = counter(
    'send_retries_total',
    'Sends that left once more: refused for their pace, or never acknowledged',
  )
  const pauses = counter('pauses_total', "WhatsApp's pauses: for new chats, or for all sends", ['kind'])
  const crashes = counter('session_crashes_total', 'Sessions that threw and were started again')
  const quarantines = counter('session_quarantines_total', 'Sessions whose row could not be read')

  const onFact: Record<string, (fact: NewEvent) => void> = {
    'socket.opened': () => connects.inc(),
    'socket.closed': ({ data }) => disconnects.inc({ reason: String(data.reason) }),
    'socket.qr': ({ snapshot, data }) => {
      qrs.inc({ outcome: 'offered' })
      if (snapshot?.state.endsWith('.throttled')) suppressed.inc({ cause: 'throttled' })
      // One is on its way to Laravel; one that takes its place goes at once.
      else if (snapshot?.state.endsWith('.offering') && data.replaces === undefined)
        suppressed.inc({ cause: 'held' })
    },
    'qr.published': () => qrs.inc({ outcome: 'published' }),
    'qr.publishFailed': () => qrs.inc({ outcome: 'failed' }),
    'reachOut.locked': () => pauses.inc({ kind: 'new_chats' }),
    'sends.slowed': () => pauses.inc({ kind: 'all_sends' }),
    'session.crashed': () => crashes.inc(),
    'session.quarantined': () => quarantines.inc(),
  }

  const onMessage = (message: MessageWrite) => {
    // History of before the link is no traffic.
    if ('insert' in message && !message.insert.dedupeKey.startsWith('history|'))
      messages.inc({ direction: message.insert.direction, type: message.insert.content.type })
    if ('update' in message && message.update.again) sendRetries.inc()
  }

  const committed = ({ events = [], messages: written = [] }: Write) => {
    for (const fact of events) {
      onFact[fact.type]?.(fact)
      if (fact.type.startsWith('xstate.after.qrExpiry')) expired.inc()
      const status = /^message\.(\w+)$/.exec(fact.type)?.[1]
      if (status !== undefined) statuses.inc({ status })
    }
    for (const message of written) onMessage(message)
  }
  return {
    committed,
    refused(type) {
      if (type === 'socket.qr') suppressed.inc({ cause: 'duplicate' })
    },
  }
}
