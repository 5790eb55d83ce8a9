import { initialContext } from './session.context.ts'
import { sessionSetup } from './session.setup.ts'

/** Changes whenever a fold of an old log may end elsewhere. */
export const SESSION_MACHINE_VERSION = '1'

/** /start of a session that goes on by itself: only another wish for a pairing code begins it anew. */
const goOnOrAskForCode = [
  { guard: 'wantsCode', target: '#session.starting', actions: ['noteStart', 'noteWish', 'tryAgain'] },
  { guard: 'owesNothing', actions: 'noteStart' },
] as const

/** /start of a session that waits for it. */
const beginAgain = {
  guard: 'owesNothing',
  target: '#session.starting',
  actions: ['noteStart', 'noteWish', 'tryAgain'],
} as const

/** One WhatsApp session: what may happen, and what it leads to. */
export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  context: ({ input }) => initialContext(input),
  initial: 'starting',
  on: {
    'session.crashed': { target: '.reconnecting.waiting', actions: 'noteCrashed' },
    'crashes.exceeded': { target: '.reconnecting.suspended', actions: 'noteCrashed' },
    'restart.requested': { guard: 'owesNothing', target: '.starting', actions: 'tryAgain' },
    'logout.requested': [
      { guard: 'isPaired', target: '.starting', actions: ['owe', 'connectNow'] },
      { target: '.loggedOut.neverLinked', actions: 'eraseCredentials' },
    ],
    'delete.requested': [
      { guard: 'isPaired', target: '.starting', actions: ['owe', 'connectNow'] },
      { target: '.loggedOut.neverLinked', actions: 'owe' },
    ],
    'session.idled': [
      { guard: 'isNotPaired', target: '.loggedOut.neverLinked', actions: 'owe' },
      { guard: 'owesLogout' },
      { guard: 'wantsDelete', target: '.starting', actions: ['owe', 'connectNow'] },
    ],
    'socket.closed': [
      { guard: 'restartsRarely', target: '.starting', actions: 'noteClosed' },
      {
        guard: { type: 'reacts', params: 'unlinked' },
        target: '.loggedOut.unlinked',
        actions: ['noteClosed', 'settleDebt', 'archive'],
      },
      {
        guard: { type: 'reacts', params: 'banned' },
        target: '.loggedOut.banned',
        actions: ['noteClosed', 'settleDebt', 'archive'],
      },
      {
        guard: { type: 'reacts', params: 'suspend' },
        target: '.reconnecting.suspended',
        actions: ['noteClosed', 'noteSuspended'],
      },
      {
        guard: { type: 'reacts', params: 'qrExhausted' },
        target: '.awaitingQr.expired',
        actions: 'noteExpired',
      },
      {
        guard: 'failsToLogIn',
        target: '.reconnecting.suspended',
        actions: ['noteClosed', 'noteSuspended'],
      },
      { guard: 'owesLogout', target: '.reconnecting.waiting', actions: 'noteClosed' },
      { target: '.reconnecting.verifying', actions: 'noteClosed' },
    ],
  },
  states: {
    starting: {
      entry: ['endSocket', 'openSocket'],
      initial: 'connecting',
      on: {
        'socket.opened': [
          { guard: 'owesLogout', target: 'open.unlinking', actions: 'noteOpened' },
          { target: 'open', actions: 'noteOpened' },
        ],
        'socket.qr': [
          // A QR means that no device is linked: there is nothing left to unlink.
          {
            guard: 'owesLogout',
            target: 'loggedOut.unlinked',
            actions: ['noteLoggedOut', 'settleDebt', 'eraseCredentials'],
          },
          { guard: 'isThrottled', target: 'awaitingQr.shown', actions: 'noteQr' },
          { target: 'awaitingQr', actions: 'noteQr' },
        ],
        'socket.paired': { actions: 'notePaired' },
        'connect.queued': '.queued',
        'session.resumed': { target: 'starting', reenter: true, actions: 'connectNow' },
        'start.requested': [
          {
            guard: 'wantsCode',
            target: 'starting',
            reenter: true,
            actions: ['noteStart', 'noteWish', 'tryAgain'],
          },
          { guard: 'owesNothing', actions: 'noteStart' },
        ],
        'message.queued': { guard: 'takesSends', actions: 'permit' },
        'logout.requested': { guard: 'isPaired', actions: 'owe' },
        'delete.requested': { guard: 'isPaired', actions: 'owe' },
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
    },

    awaitingQr: {
      initial: 'verifying',
      on: {
        'socket.paired': { actions: 'notePaired' },
        'socket.opened': { target: 'open', actions: 'noteOpened' },
        'session.resumed': { target: 'starting', actions: 'tryAgain' },
        'start.requested': goOnOrAskForCode,
      },
      states: {
        verifying: {
          initial: 'asking',
          on: { 'socket.qr': { guard: 'isNewQr', actions: 'noteQr' } },
          states: {
            asking: {
              invoke: {
                src: 'askLaravel',
                id: 'question',
                input: ({ context }) => ({ sessionId: context.sessionId }),
              },
              on: {
                'laravel.answered': [
                  { guard: 'saysYes', target: '#session.awaitingQr.publishing', actions: 'noteClear' },
                  { guard: 'saysOldNews', target: '#session.awaitingQr.publishing', actions: 'noteClear' },
                  {
                    guard: 'saysNo',
                    target: '#session.awaitingQr.refused',
                    actions: ['noteRefused', 'waitForStart'],
                  },
                  { target: 'pausing', actions: 'noteUnclear' },
                ],
              },
            },
            pausing: {
              after: {
                askAgain: 'asking',
                qrExpiry: {
                  guard: 'isUnscanned',
                  target: '#session.awaitingQr.expired',
                  actions: 'noteExpired',
                },
              },
            },
          },
        },
        publishing: {
          invoke: {
            src: 'publishQr',
            id: 'publication',
            input: ({ context }) => ({
              sessionId: context.sessionId,
              hash: context.qr.current?.hash ?? '',
            }),
          },
          on: {
            'socket.qr': { guard: 'isNewQr', actions: 'noteQr' },
            'qr.published': { target: 'shown', actions: 'notePublished' },
            'qr.publishFailed': [{ guard: 'hasNewerQr', target: 'verifying' }, { target: 'shown.ready' }],
          },
        },
        shown: {
          initial: 'throttled',
          after: { qrExpiry: { guard: 'isUnscanned', target: 'expired', actions: 'noteExpired' } },
          states: {
            throttled: {
              on: { 'socket.qr': { guard: 'isNewQr', actions: 'noteQr' } },
              after: {
                qrThrottle: [
                  { guard: 'hasHeldQr', target: '#session.awaitingQr.verifying' },
                  { target: 'ready' },
                ],
              },
            },
            ready: {
              on: {
                'socket.qr': {
                  guard: 'isNewQr',
                  target: '#session.awaitingQr.verifying',
                  actions: 'noteQr',
                },
              },
            },
          },
        },
        refused: {
          entry: 'endSocket',
          on: {
            'socket.*': {},
            'session.resumed': {},
            'session.crashed': { actions: 'permit' },
            'start.requested': beginAgain,
          },
        },
        expired: {
          entry: 'endSocket',
          on: {
            'socket.*': {},
            'session.resumed': {},
            'session.crashed': { actions: 'permit' },
            'start.requested': beginAgain,
          },
        },
      },
    },

    open: {
      initial: 'settling',
      on: {
        'socket.named': { actions: 'noteName' },
        'session.resumed': { target: 'starting', actions: 'connectNow' },
        'start.requested': { guard: 'owesNothing', actions: 'noteStart' },
        'message.queued': { guard: 'takesSends', actions: 'permit' },
        'logout.requested': { target: '.unlinking', actions: 'owe' },
        'delete.requested': { target: '.unlinking', actions: 'owe' },
        'logout.confirmed': {
          target: 'loggedOut.unlinked',
          actions: ['noteLoggedOut', 'settleDebt', 'eraseCredentials'],
        },
        'session.idled': [
          { guard: 'owesLogout' },
          { guard: 'wantsHibernation', target: 'reconnecting.hibernated', actions: 'noteHibernated' },
          { guard: 'wantsDelete', target: '.unlinking', actions: 'owe' },
          {},
        ],
      },
      states: {
        settling: { after: { settle: { target: 'settled', actions: 'noteSettled' } } },
        settled: {},
        unlinking: {
          entry: 'unlink',
          after: { unlinkTimeout: { target: '#session.reconnecting.waiting', actions: 'noteTimedOut' } },
          on: { 'logout.requested': { actions: 'owe' }, 'delete.requested': { actions: 'owe' } },
        },
      },
    },

    reconnecting: {
      entry: 'endSocket',
      initial: 'verifying',
      on: { 'socket.*': {} },
      states: {
        verifying: {
          invoke: {
            src: 'askLaravel',
            id: 'question',
            input: ({ context }) => ({ sessionId: context.sessionId }),
          },
          after: { patience: 'waiting' },
          on: {
            'laravel.answered': [
              { guard: 'saysNo', target: 'suspended', actions: 'noteRefused' },
              { target: 'waiting' },
            ],
            'start.requested': goOnOrAskForCode,
            'session.resumed': { target: 'verifying', reenter: true },
            'message.queued': { guard: 'takesSends', actions: 'permit' },
          },
        },
        waiting: {
          after: { backoff: { target: '#session.starting', actions: 'connectNow' } },
          on: {
            'start.requested': goOnOrAskForCode,
            'session.resumed': { target: 'waiting', reenter: true },
            'message.queued': { guard: 'takesSends', actions: 'permit' },
          },
        },
        hibernated: {
          after: { hibernation: { target: '#session.starting', actions: 'connectNow' } },
          on: {
            'start.requested': { target: '#session.starting', actions: ['noteStart', 'tryAgain'] },
            'wake.requested': { target: '#session.starting', actions: 'tryAgain' },
            'session.resumed': { target: 'hibernated', reenter: true },
            'session.crashed': { target: 'hibernated', reenter: true },
            'message.queued': { guard: 'takesSends', actions: 'permit' },
          },
        },
        suspended: {
          initial: 'resting',
          on: {
            'start.requested': beginAgain,
            'session.crashed': { target: 'suspended', reenter: true },
            'session.resumed': [
              { guard: 'endsByRestart', target: '#session.starting', actions: 'tryAgain' },
              { target: 'suspended', reenter: true },
            ],
          },
          states: {
            resting: {
              after: {
                suspension: [
                  { guard: 'isDueToLaravel', target: 'asking' },
                  { guard: 'endsByItself', target: '#session.starting', actions: 'tryAgain' },
                ],
              },
            },
            asking: {
              invoke: {
                src: 'askLaravel',
                id: 'question',
                input: ({ context }) => ({ sessionId: context.sessionId }),
              },
              on: {
                'laravel.answered': [
                  { guard: 'saysYes', target: '#session.starting', actions: 'tryAgain' },
                  { target: 'resting', actions: 'noteRefused' },
                ],
              },
            },
          },
        },
      },
    },

    loggedOut: {
      initial: 'unlinked',
      entry: ['endSocket', 'failQueued', 'eraseSessionIfOwed'],
      on: {
        'socket.*': {},
        'restart.requested': {},
        'logout.requested': {},
        'crashes.exceeded': {},
        'session.crashed': { actions: 'permit' },
        'delete.requested': { actions: ['owe', 'eraseSession'] },
        'start.requested': {
          guard: 'owesNothing',
          target: 'starting',
          actions: ['forgetLink', 'noteStart', 'noteWish', 'tryAgain', 'eraseCredentials'],
        },
        'session.idled': [{ guard: 'isNotPaired', actions: ['owe', 'eraseSession'] }, {}],
        'session.resumed': { actions: ['eraseCredentialsIfDue', 'failQueued', 'eraseSessionIfOwed'] },
      },
      states: {
        unlinked: {
          after: { archiveEnd: { guard: 'isArchived', actions: ['eraseCredentials', 'noteArchiveEnd'] } },
          on: {
            'session.resumed': {
              guard: 'isArchived',
              target: 'unlinked',
              reenter: true,
              actions: ['failQueued', 'eraseSessionIfOwed'],
            },
            'session.crashed': { guard: 'isArchived', target: 'unlinked', reenter: true },
          },
        },
        banned: {
          after: { archiveEnd: { guard: 'isArchived', actions: ['eraseCredentials', 'noteArchiveEnd'] } },
          on: {
            'session.resumed': {
              guard: 'isArchived',
              target: 'banned',
              reenter: true,
              actions: ['failQueued', 'eraseSessionIfOwed'],
            },
            'session.crashed': { guard: 'isArchived', target: 'banned', reenter: true },
          },
        },
        neverLinked: {},
      },
    },
  },
})
