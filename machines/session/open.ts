import { sessionSetup } from '../session.setup.ts'

/** Linked and connected: messages go both ways. */
export const open = sessionSetup.createStateConfig({
  description: 'session is open',
  tags: 'open',
  initial: 'settling',
  on: {
    'socket.named': { actions: 'noteName' },
    'session.resumed': { target: 'starting', actions: 'connectNow' },
    'start.requested': { guard: 'owesNothing', actions: 'noteStart' },
    'message.queued': { guard: 'takesSends', actions: 'permit' },
    'logout.requested': { target: '.unlinking', actions: 'setIntent' },
    'delete.requested': { target: '.unlinking', actions: 'setIntent' },
    'logout.confirmed': {
      target: 'loggedOut.unlinked',
      actions: ['noteLoggedOut', 'clearIntent', 'eraseCredentials'],
    },
    'session.idled': [
      { guard: 'owesLogout' },
      { guard: 'wantsHibernation', target: 'reconnecting.hibernated', actions: 'noteHibernated' },
      { guard: 'wantsDelete', target: '.unlinking', actions: 'setIntent' },
      {},
    ],
  },
  states: {
    settling: { tags: 'usable', after: { settle: { target: 'settled', actions: 'noteSettled' } } },
    settled: { tags: 'usable' },
    unlinking: {
      description: 'session is being logged out',
      entry: 'logout',
      after: { unlinkTimeout: { target: '#session.reconnecting.waiting', actions: 'noteTimedOut' } },
      on: { 'logout.requested': { actions: 'setIntent' }, 'delete.requested': { actions: 'setIntent' } },
    },
  },
})
