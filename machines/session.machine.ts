import { awaitingQr } from './session/awaiting-qr.ts'
import { loggedOut } from './session/logged-out.ts'
import { open } from './session/open.ts'
import { reconnecting } from './session/reconnecting.ts'
import { starting } from './session/starting.ts'
import { initialContext } from './session.context.ts'
import { sessionSetup } from './session.setup.ts'

/** Changes whenever a fold of an old log may end elsewhere; session.upcasters.ts brings older rows up to it. */
export const SESSION_MACHINE_VERSION = '5'

/**
 * One WhatsApp session: what may happen, and what it leads to. A state's description is its line in the process' log; what other
 * code asks of a state are its tags (session.state.ts).
 */
export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  context: ({ input }) => initialContext(input),
  initial: 'starting',
  on: {
    'session.crashed': { target: '.reconnecting.waiting', actions: 'noteCrashed' },
    'crashes.exceeded': { target: '.reconnecting.suspended', actions: ['noteCrashed', 'noteCrashRest'] },
    'restart.requested': { guard: 'owesNothing', target: '.starting', actions: 'tryAgain' },
    'logout.requested': [
      { guard: 'isPaired', target: '.starting', actions: ['setIntent', 'connectNow'] },
      { target: '.loggedOut.neverLinked', actions: 'eraseCredentials' },
    ],
    'delete.requested': [
      { guard: 'isPaired', target: '.starting', actions: ['setIntent', 'connectNow'] },
      { target: '.loggedOut.neverLinked', actions: 'setIntent' },
    ],
    'session.idled': [
      { guard: 'isNotPaired', target: '.loggedOut.neverLinked', actions: 'setIntent' },
      { guard: 'owesLogout' },
      { guard: 'wantsDelete', target: '.starting', actions: ['setIntent', 'connectNow'] },
    ],
    'reachOut.locked': { actions: 'noteReachOutLock' },
    'sends.slowed': { actions: 'noteSlowdown' },
    'socket.closed': [
      { guard: 'restartsRarely', target: '.starting', actions: 'noteClosed' },
      {
        guard: 'isUnlinked',
        target: '.loggedOut.unlinked',
        actions: ['noteClosed', 'clearIntent', 'archive'],
      },
      { guard: 'isBanned', target: '.loggedOut.banned', actions: ['noteClosed', 'clearIntent', 'archive'] },
      // WhatsApp cannot be told without credentials, and nobody waits for ever for that.
      {
        guard: 'cannotUnlink',
        target: '.loggedOut.unlinked',
        actions: ['noteForgotten', 'clearIntent', 'eraseCredentials'],
      },
      { guard: 'mustRest', target: '.reconnecting.suspended', actions: ['noteClosed', 'noteSuspended'] },
      { guard: 'nobodyScanned', target: '.awaitingQr.expired', actions: 'noteExpired' },
      { guard: 'failsToLogIn', target: '.reconnecting.suspended', actions: ['noteClosed', 'noteSuspended'] },
      { guard: 'owesLogout', target: '.reconnecting.waiting', actions: 'noteClosed' },
      { target: '.reconnecting.verifying', actions: 'noteClosed' },
    ],
  },
  states: { starting, awaitingQr, open, reconnecting, loggedOut },
})
