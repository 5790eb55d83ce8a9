import type { SessionContext } from '../../../machines/session.context.ts'
import { sessionMachine } from '../../../machines/session.machine.ts'
import { type QrTimes, sessionDelays, throttledBy } from '../../../machines/session.timers.ts'
import type { SessionRegistry } from '../registry.ts'
import { type LaravelChildrenDeps, publicationChild, questionChild } from './laravel-children.ts'
import { type SocketChildDeps, socketChild } from './socket-child.ts'

export interface EffectDeps extends SocketChildDeps, LaravelChildrenDeps {
  registry: SessionRegistry
  qr: QrTimes
}

/** The session machine bound to the ports: one object serves all sessions. Every effect waits for its fact's commit. */
export function bindEffects(deps: EffectDeps): typeof sessionMachine {
  const { qr, clock, registry } = deps
  const actorOf = ({ sessionId }: SessionContext) => registry.of(sessionId).actor
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
        actorOf(context).eraseKeys({ now: event.type === 'start.requested' }),
      eraseCredentialsIfDue: ({ context }) => {
        const actor = actorOf(context)
        if (context.archiveUntil === null) actor.effect(() => actor.change({ erase: 'keys' }))
      },
      deleteSession: ({ context }) => {
        const actor = actorOf(context)
        actor.effect(() => actor.delete())
      },
      deleteSessionIfOwed: ({ context }) => {
        const actor = actorOf(context)
        if (context.intent === 'delete') actor.effect(() => actor.delete())
      },
      failQueued: ({ context }) => {
        const { actor, outbox } = registry.of(context.sessionId)
        actor.effect(() =>
          outbox.failAll('SESSION_LOGGED_OUT', 'The session was logged out before this was sent.'),
        )
      },
    },
  })
  return bound as typeof sessionMachine
}
