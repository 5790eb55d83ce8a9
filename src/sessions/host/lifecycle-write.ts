import type { EstadoQr, SessionEvent } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { SESSION_MACHINE_VERSION } from '../../../machines/session.machine.ts'
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
}

/** What one lifecycle fact commits: its row, the erasure it asked for, and what Laravel must learn from it. */
export function lifecycleWrite(
  { streamId, seq, fact: { type, at, ...data }, state, context }: AppliedFact,
  {
    announced,
    erasesKeys,
    tellLaravel,
  }: { announced: EstadoQr | null; erasesKeys: boolean; tellLaravel: boolean },
): StreamWrite {
  const news = announcementOf(announced, type, state, context)
  const { sessionId, userId } = context
  return {
    ...(type === 'session.created' && { create: { sessionId, userId, at } }),
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
    ...(news?.deliver === true &&
      tellLaravel && { deliveries: [statusDeliveryOf(streamId, seq, at, news.estadoQr, state, context)] }),
  }
}

/** Whether XState says with this event that a child threw. */
export const isChildError = (type: string): boolean => type.startsWith('xstate.error.')
