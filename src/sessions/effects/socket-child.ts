import { setImmediate } from 'node:timers/promises'
import { fromCallback } from 'xstate'
import type { SessionFact } from '../../../machines/facts.ts'
import type { SocketCommand } from '../../../machines/session.guards.ts'
import { ownedBy } from '../../base/faults.ts'
import type { PasskeyVault, QrVault } from '../../ports/qr-vault.ts'
import type { SocketOwner, WhatsApp, WhatsAppSocket } from '../../ports/whatsapp.ts'
import type { ContactNames } from '../receiving/contact-names.ts'
import { recordAccountEvents } from '../receiving/record-account-events.ts'
import { type RecordReceivedDeps, recordReceived } from '../receiving/record-received.ts'
import type { SessionRegistry } from '../registry.ts'
import type { ConnectLimiter } from './connect-limiter.ts'

export interface SocketChildDeps extends RecordReceivedDeps {
  registry: SessionRegistry
  whatsapp: WhatsApp
  vault: QrVault
  passkeys: PasskeyVault
  connects: ConnectLimiter
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

/** Owns one Baileys socket from the turn to open it until it has ended. */
export function socketChild(deps: SocketChildDeps) {
  const { whatsapp, connects, vault, passkeys, registry, contactNames } = deps
  const nextTurn = oneInEachTurn()
  return fromCallback<SocketCommand, { sessionId: string }>(({ input, sendBack, receive: onEvent }) => {
    const { actor, outbox } = registry.of(input.sessionId)
    const { sessionId, streamId, epoch } = actor
    const waiting = new AbortController()
    let giveBack = () => {}
    let socket: WhatsAppSocket | null = null
    let stopped = false

    const tell = (fact: SessionFact) => {
      if (!stopped) sendBack(fact as never)
    }
    const open = async () => {
      let waited = false
      const place = await connects.take(waiting.signal, () => {
        waited = true
        tell({ type: 'connect.queued' })
      })
      if (place === null) return
      if (stopped) return place()
      giveBack = place
      await nextTurn()
      if (stopped) return place()
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
            if (fact.type === 'socket.closed' || fact.type === 'logout.confirmed') actor.socket = null
            tell(fact)
            if (fact.type === 'socket.opened') actor.effect(() => outbox.resume())
          }),
        received: async messages => {
          await recordReceived(actor, deps, messages)
          if (contactNames) void actor.guard(() => contactNames.learn(actor, messages))
        },
        happened: events => recordAccountEvents(actor, deps, events),
        updated: update => void actor.guard(() => outbox.updated(update)),
      }
      socket = ownedBy(sessionId, () => whatsapp.open(owner))
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
      waiting.abort()
      vault.clear(sessionId)
      passkeys.clear(sessionId)
      actor.cleanUp(async () => {
        if (actor.socket === socket) actor.socket = null
        giveBack()
        await socket?.end()
      })
    })
  })
}
