import { initialTransition, type SnapshotFrom, transition } from 'xstate'
import type { SessionEvent } from '../../machines/facts.ts'
import { sessionMachine } from '../../machines/session.machine.ts'
import { dottedState } from '../../machines/session.state.ts'
import type { Write } from '../ports/store.ts'
import { lifecycleWrite } from './host/lifecycle-write.ts'

/** A session of another gateway that a phone has linked; `at` in ms. */
export interface LinkedElsewhere {
  streamId: string
  sessionId: string
  userId: string | number
  waId: string
  lid: string | null
  at: number
}

/**
 * The beginning of its life here, without its keys: it was paired and has not logged in yet, as after a crash between a scan and the
 * login that follows. The next start of a manager opens it; Laravel hears of it then, and not before.
 */
export function linkedElsewhere({ streamId, sessionId, userId, waId, lid, at }: LinkedElsewhere): Write {
  const created: SessionEvent = { type: 'session.created', sessionId, userId, at }
  const paired: SessionEvent = { type: 'socket.paired', waId, lid, imported: true, at }
  const [begun] = initialTransition(sessionMachine, { sessionId, userId, at })
  const [linked] = transition(sessionMachine, begun, paired)
  const silent = { erasesKeys: false, announced: null, tellLaravel: false, tellPasskeys: false }
  const metadata = null
  const first = lifecycleWrite(
    { streamId, seq: 1, fact: created, metadata, ...standing(begun) },
    { ...silent, before: null },
  )
  const second = lifecycleWrite(
    { streamId, seq: 2, fact: paired, metadata, ...standing(linked) },
    { ...silent, before: standing(begun) },
  )
  return { streamId, epoch: 1, ...first, events: [...(first.events ?? []), ...(second.events ?? [])] }
}

const standing = ({ value, context }: SnapshotFrom<typeof sessionMachine>) => ({
  state: dottedState(value),
  context,
})
