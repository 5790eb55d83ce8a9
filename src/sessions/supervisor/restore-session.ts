import type { Clock } from '../../base/clock.ts'
import type { SessionRow } from '../../ports/session-table.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsApp } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import type { SessionOrigin } from '../host/session-origin.ts'
import { readStoredSession } from '../host/stored-session.ts'
import { type RecordReceivedDeps, recordReceived } from '../receiving/record-received.ts'

export interface RestoreDeps extends RecordReceivedDeps {
  store: Store
  clock: Clock
  whatsapp: Pick<WhatsApp, 'recover'>
}

/** Claims a stored session; resolves with where its life stands, for today's machine. */
export async function claimSession(store: Pick<Store, 'claim'>, row: SessionRow): Promise<SessionOrigin> {
  const { streamId, sessionId, userId, lastSeq: seq, announced } = row
  const epoch = await store.claim(streamId)
  return { streamId, sessionId, userId, epoch, last: { seq, announced, ...readStoredSession(row) } }
}

/**
 * Lets a restored session live: what was decrypted and not in the log yet comes first. Resolves once it goes on durably, so that
 * nobody is told that a session is open which only was. `mayStart` is asked when it is about to begin.
 */
export async function resumeSession(
  actor: SessionActor,
  deps: RestoreDeps,
  mayStart: () => boolean,
): Promise<void> {
  const { store, whatsapp } = deps
  await actor.guard(async () => {
    const unfinished = await whatsapp.recover(actor.streamId)
    if (unfinished.length > 0) await recordReceived(actor, deps, unfinished)
  })
  if (actor.ended || !mayStart()) return
  // A crash between a send's commit and its wish to wake the session must not leave it asleep.
  const sendsWait = actor.hasTag('asleep') && store.messages.unsent(actor.streamId).length > 0
  actor.start({ type: 'session.resumed', ...(sendsWait && { sendsWait }) })
  await actor.guard(() => actor.durable())
}
