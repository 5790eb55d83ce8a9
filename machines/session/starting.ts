import { sessionSetup } from '../session.setup.ts'
import { begin } from './start-requested.ts'

/** Connecting: a socket is asked for, opens, offers a QR, or is given up. */
export const starting = sessionSetup.createStateConfig({
  description: 'session connects',
  entry: ['endSocket', 'openSocket'],
  initial: 'connecting',
  on: {
    'socket.opened': [
      { guard: 'owesLogout', target: 'open.unlinking', actions: 'noteOpened' },
      { target: 'open', actions: 'noteOpened' },
    ],
    'socket.qr': [
      // A QR means that no device is linked: there is nothing left to log out.
      {
        guard: 'owesLogout',
        target: 'loggedOut.unlinked',
        actions: ['noteLoggedOut', 'clearIntent', 'eraseCredentials'],
      },
      { guard: 'isThrottled', target: 'awaitingQr.shown', actions: ['noteNoLink', 'noteQr'] },
      { target: 'awaitingQr', actions: ['noteNoLink', 'noteQr'] },
    ],
    'socket.paired': { actions: 'notePaired' },
    'connect.queued': '.queued',
    'session.resumed': { target: 'starting', reenter: true, actions: 'connectNow' },
    'start.requested': [
      { ...begin, guard: 'wantsCode', reenter: true },
      { guard: 'owesNothing', actions: 'noteStart' },
    ],
    'message.queued': { guard: 'takesSends', actions: 'permit' },
    'logout.requested': { guard: 'isPaired', actions: 'setIntent' },
    'delete.requested': { guard: 'isPaired', actions: 'setIntent' },
  },
  states: {
    connecting: {
      after: {
        watchdog: [
          { guard: 'owesLogout', target: '#session.reconnecting.waiting', actions: 'noteTimedOut' },
          { target: '#session.reconnecting', actions: 'noteTimedOut' },
        ],
      },
    },
    queued: { on: { 'connect.begun': { target: 'connecting', actions: 'connectNow' } } },
  },
})
