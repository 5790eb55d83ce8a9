import { setImmediate } from 'node:timers/promises'
import { fromCallback } from 'xstate'
import type { SessionFact } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { sessionMachine } from '../../../machines/session.machine.ts'
import { type QrTimes, sessionDelays, throttledBy } from '../../../machines/session.timers.ts'
import type { Clock } from '../../base/clock.ts'
import { pause } from '../../base/pause.ts'
import type { Laravel } from '../../ports/laravel.ts'
import type { QrVault } from '../../ports/qr-vault.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsApp } from '../../ports/whatsapp.ts'
import { receive } from '../receiving/record-received.ts'
import type { Outbox } from '../sending/outbox.ts'
import type { Connects } from '../supervisor/connect-limiter.ts'
import type { SessionActor } from './session-actor.ts'

/** A QR that Laravel did not take is offered again after this time, in ms. */
const PUBLISH_AGAIN = 5000

export interface EffectDeps {
  whatsapp: WhatsApp
  laravel: Laravel
  vault: QrVault
  store: Store
  clock: Clock
  connects: Connects
  qr: QrTimes
  tellLaravel: boolean
  /** A message came with a file. */
  onDownload?: () => void
  actorOf(sessionId: string): { actor: SessionActor; outbox: Outbox }
}

/** The session machine bound to the ports: one object serves all sessions. Every effect waits for its fact's commit. */
export function bindEffects(deps: EffectDeps): typeof sessionMachine {
  const { qr, clock, actorOf } = deps
  const of = (context: SessionContext) => actorOf(context.sessionId)
  const bound = sessionMachine.provide({
    actors: {
      socket: socketChild(deps),
      askLaravel: questionChild(deps),
      publishQr: publicationChild(deps),
    },
    guards: { isThrottled: throttledBy(qr) as () => boolean },
    delays: sessionDelays(qr, clock.now) as never,
    actions: {
      // A crash between the start and the erasure would log in with the old credentials.
      eraseCredentials: ({ context, event }) =>
        of(context).actor.eraseKeys({ now: event.type === 'start.requested' }),
      eraseCredentialsIfDue: ({ context }) => {
        const { actor } = of(context)
        if (context.archiveUntil === null) actor.effect(() => actor.change({ erase: 'keys' }))
      },
      eraseSession: ({ context }) => {
        const { actor } = of(context)
        actor.effect(() => actor.bury())
      },
      eraseSessionIfOwed: ({ context }) => {
        const { actor } = of(context)
        if (context.intent === 'delete') actor.effect(() => actor.bury())
      },
      failQueued: ({ context }) => {
        const { actor, outbox } = of(context)
        actor.effect(() =>
          outbox.failAll('SESSION_LOGGED_OUT', 'The session was logged out before this was sent.'),
        )
      },
    },
  })
  return bound as typeof sessionMachine
}

/** Making a socket takes milliseconds of CPU: one in each turn of the event loop, so that what waits to be answered goes in between. */
function createTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => setImmediate())
    return last
  }
}

/** Owns one Baileys socket from the turn to open it until it has ended. */
function socketChild(deps: EffectDeps) {
  const { whatsapp, connects, vault, actorOf } = deps
  const oneByOne = createTurns()
  return fromCallback<{ type: 'unlink' }, { sessionId: string }>(({ input, sendBack, receive: onEvent }) => {
    const { actor, outbox } = actorOf(input.sessionId)
    const { sessionId, streamId, epoch } = actor
    const turn = new AbortController()
    let giveBack = () => {}
    let socket: ReturnType<WhatsApp['open']> | null = null
    let stopped = false

    const tell = (fact: SessionFact) => {
      if (!stopped) sendBack(fact as never)
    }
    const open = async () => {
      let waited = false
      const place = await connects.take(turn.signal, () => {
        waited = true
        tell({ type: 'connect.queued' })
      })
      if (place === null) return
      if (stopped) return place()
      giveBack = place
      await oneByOne()
      if (stopped) return place()
      if (waited) tell({ type: 'connect.begun' })
      socket = whatsapp.open({
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
            if (fact.type === 'socket.opened') actor.effect(() => outbox.pump())
          }),
        received: messages => receive(actor, deps, messages),
        updated: update => void actor.guard(() => outbox.updated(update)),
      })
      actor.socket = socket
    }

    actor.effect(() => {
      if (!stopped) void actor.guard(open)
    })
    onEvent(() =>
      actor.effect(() => {
        if (!stopped) socket?.unlink()
      }),
    )
    return actor.onChildStop(() => {
      stopped = true
      turn.abort()
      vault.clear(sessionId)
      actor.cleanUp(async () => {
        if (actor.socket === socket) actor.socket = null
        giveBack()
        await socket?.end()
      })
    })
  })
}

/** Asks Laravel once. */
function questionChild({ laravel, store, actorOf }: EffectDeps) {
  return fromCallback<{ type: 'none' }, { sessionId: string }>(({ input, sendBack }) => {
    const { actor } = actorOf(input.sessionId)
    const abort = new AbortController()
    actor.aside(async () => {
      if (abort.signal.aborted) return
      const { said } = await laravel.askActive(actor.sessionId, abort.signal)
      if (abort.signal.aborted) return
      const told = store.sessions.acceptedStatus(actor.sessionId)
      sendBack({ type: 'laravel.answered', said, told } as never)
    })
    return actor.onChildStop(() => abort.abort())
  })
}

/** Offers a QR or a pairing code to Laravel: once, and again every 5 s while it is the newest and Laravel does not take it. */
function publicationChild({ laravel, vault, clock, actorOf }: EffectDeps) {
  return fromCallback<{ type: 'none' }, { sessionId: string; hash: string }>(({ input, sendBack }) => {
    const { actor } = actorOf(input.sessionId)
    const { hash } = input
    const abort = new AbortController()
    const { sessionId } = actor
    const offer = () => {
      const [code, qr] = [vault.readCode(sessionId), vault.read(sessionId)]
      if (code?.hash === hash) return () => laravel.publishPairingCode(sessionId, code, abort.signal)
      return qr?.hash === hash ? () => laravel.publishQr(sessionId, qr, abort.signal) : null
    }
    const isCurrent = () => !abort.signal.aborted && offer() !== null
    const attempt = () =>
      offer()!().then(
        () => true,
        () => false,
      )
    actor.aside(async () => {
      let published = isCurrent() && (await attempt())
      while (!published && isCurrent()) {
        await pause(clock, PUBLISH_AGAIN, abort.signal)
        published = isCurrent() && (await attempt())
      }
      if (!abort.signal.aborted)
        sendBack({ type: published ? 'qr.published' : 'qr.publishFailed', hash } as never)
    })
    return actor.onChildStop(() => abort.abort())
  })
}
