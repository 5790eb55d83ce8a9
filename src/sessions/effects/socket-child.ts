import { setImmediate } from 'node:timers/promises'
import { fromCallback } from 'xstate'
import type { SessionFact } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import type { SocketCommand } from '../../../machines/session.guards.ts'
import { causedBy } from '../../base/causes.ts'
import { isUnanswered } from '../../base/errors.ts'
import type { PasskeyVault, QrVault } from '../../ports/qr-vault.ts'
import type { SocketOwner, WhatsApp, WhatsAppSocket } from '../../ports/whatsapp.ts'
import type { ContactNames } from '../receiving/contact-names.ts'
import { recordAccountEvents } from '../receiving/record-account-events.ts'
import { type RecordReceivedDeps, recordReceived } from '../receiving/record-received.ts'
import type { SessionRegistry } from '../registry.ts'
import type { ConnectLimiter, Place } from './connect-limiter.ts'
import type { Connecting, Refusal, VersionBreaker } from './version-breaker.ts'

export interface SocketChildDeps extends RecordReceivedDeps {
  registry: SessionRegistry
  whatsapp: WhatsApp
  vault: QrVault
  passkeys: PasskeyVault
  connects: ConnectLimiter
  versions: VersionBreaker
  /** Present if Laravel wants to hear of people who change their names. */
  contactNames?: ContactNames
}

/** Making a socket takes milliseconds of CPU: one in each turn of the event loop, so that what waits to be answered goes in between. */
function oneInEachTurn(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => setImmediate())
    return last
  }
}

/** What WhatsApp said to a session that it does not let in for its version. */
function refusalOf({ reason, reasonText }: SessionContext): Refusal | null {
  if (reason !== 'client_outdated') return null
  return {
    type: 'socket.closed',
    code: 405,
    reaction: 'versionRefused',
    reason,
    reasonText: reasonText ?? '',
  }
}

/** Owns one Baileys socket from the turn to open it until it has ended. */
export function socketChild(deps: SocketChildDeps) {
  const { whatsapp, connects, versions, vault, passkeys, registry, contactNames } = deps
  const nextTurn = oneInEachTurn()
  return fromCallback<SocketCommand, { sessionId: string }>(({ input, sendBack, receive: onEvent }) => {
    const { actor, outbox } = registry.of(input.sessionId)
    const { sessionId, streamId, epoch } = actor
    const waiting = new AbortController()
    let giveBack = () => {}
    let opening: Promise<WhatsAppSocket | null> = Promise.resolve(null)
    let socket: WhatsAppSocket | null = null
    let stopped = false

    const tell = (fact: SessionFact) => {
      if (!stopped) sendBack(fact as never)
    }
    const connecting: Connecting = { sessionId, wasRefused: () => refusalOf(actor.context) }
    const connection = { sessionId, ended: false }
    let waited = false
    const queued = () => {
      if (!waited) tell({ type: 'connect.queued' })
      waited = true
    }
    /** A turn to connect, or null when WhatsApp lets nobody in, or nobody wants it any more. */
    const turn = async (): Promise<Place | null> => {
      const refusal = await versions.admit(connecting, waiting.signal, queued)
      if (refusal !== null) tell(refusal)
      const place = refusal === null ? await connects.take(waiting.signal, queued) : null
      if (place === null || versions.admits(connecting)) return place
      place.giveBack()
      return turn()
    }
    const answered = (recorded: Promise<void>) => {
      // What else is wrong with it is told by the socket, which keeps it.
      const failed = (error: unknown) => {
        if (isUnanswered(error)) throw error
      }
      void actor.guard(() => recorded.catch(failed))
      return recorded
    }
    const open = async () => {
      const place = await turn()
      if (place === null) return
      if (stopped) return place.giveBack()
      giveBack = place.giveBack
      await nextTurn()
      if (stopped) return place.giveBack()
      if (waited) tell({ type: 'connect.begun' })
      const owner: SocketOwner = {
        sessionId,
        streamId,
        epoch,
        phoneNumber: actor.context.phoneNumber ?? null,
        report: fact =>
          void actor.guard(() => {
            if (stopped) return
            giveBack()
            versions.heard(connecting, fact)
            if (fact.type === 'socket.closed' || fact.type === 'logout.confirmed') actor.socket = null
            tell(fact)
            // Beside the other effects: the end of this socket must not wait for the store.
            if (fact.type === 'socket.opened') actor.runConcurrently(() => outbox.resume())
          }),
        received: async messages => {
          await answered(recordReceived(actor, deps, messages))
          if (contactNames) void actor.guard(() => contactNames.learn(actor, messages))
        },
        happened: events => answered(recordAccountEvents(actor, deps, events)),
        updated: update => {
          const recorded = outbox.updated(update)
          void actor.guard(() => recorded)
          return recorded
        },
      }
      opening = causedBy(connection, () => whatsapp.open(owner, waiting.signal))
      socket = await opening
      if (socket === null || stopped) return
      place.begun()
      actor.socket = socket
    }

    actor.effect(() => {
      if (!stopped) void actor.guard(open)
    })
    onEvent(({ type }) =>
      actor.effect(() => {
        if (stopped || socket === null) return
        if (type === 'passkey.answer') socket.passkey.answer()
        else if (type === 'passkey.finish') socket.passkey.finish()
        else socket.logout()
      }),
    )
    return actor.onChildStop(() => {
      stopped = true
      connection.ended = true
      waiting.abort()
      versions.left(connecting)
      vault.clear(sessionId)
      passkeys.clear(sessionId)
      actor.cleanUp(async () => {
        await opening.catch(() => {})
        if (actor.socket === socket) actor.socket = null
        giveBack()
        await socket?.end()
      })
    })
  })
}
