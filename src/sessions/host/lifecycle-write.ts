import type { EstadoQr, SessionEvent } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { SESSION_MACHINE_VERSION } from '../../../machines/session.machine.ts'
import type { Metadata } from '../../messages/metadata.ts'
import { passkeyEventOf } from './passkey-event.ts'
import { announcementOf, statusDeliveryOf } from './status-announcement.ts'
import type { StreamWrite } from './stream.ts'

/** A lifecycle fact and the machine after it. */
export interface AppliedFact {
  streamId: string
  seq: number
  fact: SessionEvent
  /** Dotted. */
  state: string
  context: SessionContext
  /** The session's. */
  metadata: Metadata | null
}

/** The first fact of a session, as its first context tells it. */
export function creationOf({ sessionId, userId, phoneNumber, createdAt: at }: SessionContext): SessionEvent {
  const wanted = phoneNumber !== undefined && { phoneNumber }
  return { type: 'session.created', sessionId, userId, ...wanted, at }
}

/** What one lifecycle fact commits: its row, the erasure it asked for, and what Laravel must learn from it. */
export function lifecycleWrite(
  { streamId, seq, fact, state, context, metadata }: AppliedFact,
  {
    before,
    announced,
    erasesKeys,
    tellLaravel,
    tellPasskeys,
  }: {
    /** The machine before it, dotted; null for the first fact. */
    before: { state: string; context: SessionContext } | null
    announced: EstadoQr | null
    erasesKeys: boolean
    tellLaravel: boolean
    tellPasskeys: boolean
  },
): StreamWrite {
  const { type, at, ...data } = fact
  const news = announcementOf(announced, type, state, context)
  const { sessionId, userId } = context
  const status =
    news?.deliver === true && tellLaravel
      ? statusDeliveryOf(streamId, seq, at, news.estadoQr, state, context, metadata)
      : null
  const event = tellPasskeys
    ? passkeyEventOf(streamId, seq, fact, before, { state, context }, metadata)
    : null
  const deliveries = [status, event].filter(delivery => delivery !== null)
  return {
    ...(type === 'session.created' && {
      create: { sessionId, userId, at },
      ...(metadata !== null && { metadata }),
    }),
    events: [
      {
        seq,
        at,
        type,
        // What a child threw may hold anything.
        data: isChildError(type) ? {} : data,
        snapshot: { state, context: JSON.stringify(context), machineVersion: SESSION_MACHINE_VERSION },
      },
    ],
    ...(erasesKeys && { erase: 'keys' as const }),
    ...(news !== null && { announced: news.estadoQr }),
    ...(deliveries.length > 0 && { deliveries }),
  }
}

/** Whether XState says with this event that a child threw. */
export const isChildError = (type: string): boolean => type.startsWith('xstate.error.')
