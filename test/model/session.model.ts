import {
  afresh,
  answers,
  arrived,
  because,
  expired,
  failed,
  fresh,
  gone,
  hear,
  heard,
  heldBack,
  heldBackInVain,
  laravelIsAway,
  laravelWasSilent,
  offered,
  offeredInVain,
  oneDeviceLess,
  opened,
  over,
  owe,
  paired,
  published,
  queued,
  refusedByLaravel,
  replaced,
  settled,
  started,
  tell,
  unread,
  unthrottled,
  welcome,
  world,
} from './model-context.ts'
import {
  ABSENT,
  askedInVain,
  conflict,
  ended,
  forget,
  forgetOrOwe,
  outdated,
  oweSuspended,
  queueOrRefuse,
  remains,
  restart,
  restartSuspended,
  SHOWN,
  STARTING,
  startSuspended,
  startsAgain,
  startUnchanged,
  suspendedByLaravel,
  suspendedFor,
  UNLINKED,
  unchanged,
  unlinkedByPhone,
  unlinkedByUs,
  VERIFYING,
  WAITING,
} from './shared-transitions.ts'

/** One session as its user sees it: what happens in the world, and what must come of it. */
export const sessionModel = world.createMachine({
  id: 'world',
  context: fresh,
  initial: 'absent',
  states: {
    absent: {
      on: {
        start: { target: 'starting', actions: [started, answers(200)] },
        restart: { actions: answers(404) },
        logout: { actions: answers(404) },
        delete: { actions: answers(404) },
        send: { actions: answers(404) },
      },
    },

    // A connection waits for WhatsApp.
    starting: {
      initial: 'connecting',
      on: {
        kill: remains,
        stop: { guard: 'isLinkedAndFree', ...remains },
        start: startUnchanged,
        restart,
        logout: [{ guard: 'isNew', ...forget.logout }, { actions: [owe('logout'), answers(202)] }],
        delete: [{ guard: 'isNew', ...forget.delete }, { actions: [owe('delete'), answers(202)] }],
        send: queueOrRefuse,
        watchdog: { target: 'reconnecting.waiting', actions: [failed('connect_timeout'), unthrottled] },
        'drop.network': { target: 'reconnecting.waiting', actions: failed('network') },
        answer: [
          { guard: 'isThrottled', target: SHOWN, actions: offered },
          { guard: 'isNew', target: SHOWN, actions: [offered, ...published] },
          { guard: 'isFree', target: 'open', actions: [opened, tell('active')] },
          { guard: 'owesLogout', target: UNLINKED, actions: [tell('active'), ...unlinkedByUs] },
          { target: 'absent', actions: [tell('active'), oneDeviceLess, ...gone] },
        ],
        'answer.no': {
          guard: 'publishes',
          target: 'awaitingQr.refused',
          actions: [offered, ...refusedByLaravel],
        },
        'answer.inactive': {
          guard: 'publishesNot',
          target: 'awaitingQr.refused',
          actions: [offered, ...refusedByLaravel],
        },
        'answer.oldNews': { guard: 'publishesAnyway', target: SHOWN, actions: [offered, ...published] },
        'answer.away': {
          guard: 'publishes',
          target: 'awaitingQr.verifying.pausing',
          actions: [offered, laravelIsAway],
        },
        'answer.silent': { guard: 'publishes', target: 'awaitingQr.verifying.asking', actions: offered },
        'answer.takesNoQr': {
          guard: 'publishes',
          target: 'awaitingQr.publishing',
          actions: [offered, ...offeredInVain],
        },
        'refuse.401': [{ guard: 'isNew' }, ...unlinkedByPhone],
        'refuse.402': { guard: 'isPairedAndFree', ...suspendedFor('temporarily_banned') },
        'refuse.405': { guard: 'isLinkedAndUpToDate', ...outdated },
        'refuse.403': {
          guard: 'isPairedAndFree',
          target: 'loggedOut.banned',
          actions: [failed('banned'), ...over],
        },
        'refuse.503': { guard: 'isPairedAndFree', target: WAITING, actions: failed('overloaded') },
      },
      states: { connecting: {} },
    },

    awaitingQr: {
      initial: 'shown',
      on: {
        ...forget,
        kill: startsAgain,
        restart,
        start: startUnchanged,
        send: conflict,
        scan: { target: 'starting', actions: paired },
        qrsUsedUp: { target: '.expired', actions: expired },
        'drop.network': { target: 'reconnecting.waiting', actions: failed('network') },
      },
      states: {
        verifying: {
          initial: 'asking',
          on: { newQr: remains, 'scan.refreshed': { actions: replaced } },
          states: {
            asking: { on: { 'askedAgain.away': { target: 'pausing', actions: laravelWasSilent } } },
            pausing: {
              on: {
                askedAgain: { target: SHOWN, actions: published },
                'askedAgain.away': { actions: laravelIsAway },
                'askedAgain.no': { target: '#world.awaitingQr.refused', actions: refusedByLaravel },
                'askedAgain.takesNoQr': { target: '#world.awaitingQr.publishing', actions: offeredInVain },
              },
            },
          },
        },
        publishing: {
          initial: 'pausing',
          states: {
            pausing: {
              on: {
                newQr: { target: SHOWN, actions: published },
                // The first of them is taken, the others come too soon after it.
                qrsUsedUp: { target: '#world.awaitingQr.expired', actions: [...published, ...expired] },
                'newQr.away': askedInVain,
                askedAgain: { target: SHOWN, actions: published },
                'askedAgain.away': { actions: laravelIsAway },
                'scan.refreshed': { target: SHOWN, actions: [replaced, ...published] },
                'scan.refreshed.away': { actions: [replaced, laravelIsAway] },
              },
            },
          },
        },
        shown: {
          initial: 'throttled',
          on: {
            // What Laravel shows is void: no throttle holds its successor back.
            'scan.refreshed': { target: SHOWN, reenter: true, actions: [replaced, ...published] },
            'scan.refreshed.away': [
              {
                guard: 'laravelHasIt',
                target: '#world.awaitingQr.publishing',
                actions: [replaced, unthrottled, ...offeredInVain],
              },
              {
                target: '#world.awaitingQr.verifying.pausing',
                actions: [replaced, unthrottled, ...heldBackInVain],
              },
            ],
          },
          states: {
            throttled: {
              on: {
                stop: startsAgain,
                kill: undefined,
                newQr: { actions: heldBack },
                throttleEnds: [
                  { guard: 'isHeld', actions: published },
                  { target: 'ready', actions: unthrottled },
                ],
                'throttleEnds.no': {
                  guard: 'isHeld',
                  target: '#world.awaitingQr.refused',
                  actions: [unthrottled, ...refusedByLaravel],
                },
                'throttleEnds.away': {
                  guard: 'isHeld',
                  target: '#world.awaitingQr.verifying.pausing',
                  actions: [unthrottled, laravelIsAway],
                },
                'throttleEnds.silent': {
                  guard: 'isHeld',
                  target: '#world.awaitingQr.verifying.asking',
                  actions: unthrottled,
                },
              },
            },
            ready: {
              on: {
                newQr: { target: 'throttled', actions: published },
                // The first of them is taken, the others come too soon after it.
                qrsUsedUp: { target: '#world.awaitingQr.expired', actions: [...published, ...expired] },
                'newQr.away': askedInVain,
                expiry: {
                  target: '#world.awaitingQr.expired',
                  actions: expired,
                },
              },
            },
          },
        },
        refused: {
          on: {
            stop: remains,
            kill: undefined,
            ...ended,
            restart,
            'idle.keep': { target: ABSENT, actions: gone },
            scan: undefined,
            qrsUsedUp: undefined,
            'drop.network': undefined,
          },
        },
        expired: {
          on: {
            stop: remains,
            kill: undefined,
            ...ended,
            restart,
            'idle.hibernate': { target: ABSENT, actions: gone },
            scan: undefined,
            qrsUsedUp: undefined,
            'drop.network': undefined,
          },
        },
      },
    },

    open: {
      initial: 'settling',
      on: {
        restart,
        start: { actions: [started, answers(200)] },
        stop: STARTING,
        kill: STARTING,
        send: { actions: [arrived, answers(200)] },
        message: { actions: heard },
        logout: { target: UNLINKED, actions: [...unlinkedByUs, answers(200)] },
        'logout.unheard': { target: '.unlinking', actions: owe('logout') },
        delete: { target: ABSENT, actions: [oneDeviceLess, ...gone, answers(200)] },
        'drop.network': { target: WAITING, actions: failed('network') },
        'drop.503': { target: WAITING, actions: failed('overloaded') },
        'drop.515': { target: STARTING, actions: because('restart_required') },
        'drop.replaced': suspendedFor('replaced'),
        'drop.removed': unlinkedByPhone,
      },
      states: {
        settling: { on: { longOpen: { target: 'settled', actions: settled } } },
        settled: {
          on: {
            'drop.removed.away': {
              target: '#world.loggedOut.unlinked.untold',
              actions: [oneDeviceLess, failed('unlinked')],
            },
            'drop.network.no': suspendedByLaravel,
            'drop.network.inactive': { guard: 'believesNo', ...suspendedByLaravel },
            'drop.network.oldNews': { guard: 'knowsBetter', target: WAITING, actions: failed('network') },
            'drop.network.away': { target: WAITING, actions: failed('network') },
            'drop.network.silent': { target: VERIFYING, actions: failed('network') },
            'idle.keep': remains,
            'idle.hibernate': { target: '#world.reconnecting.hibernated', actions: because('idle') },
            'idle.delete': { target: ABSENT, actions: [oneDeviceLess, ...gone] },
          },
        },
        // WhatsApp does not answer the logout.
        unlinking: {
          on: {
            start: conflict,
            restart: conflict,
            send: conflict,
            unlinkEnds: { target: UNLINKED, actions: [because('logged_out'), ...over] },
            'drop.removed': { target: UNLINKED, actions: unlinkedByUs },
            message: undefined,
            logout: undefined,
            delete: undefined,
            stop: undefined,
            'logout.unheard': undefined,
            'drop.503': undefined,
            'drop.515': undefined,
            'drop.replaced': undefined,
          },
        },
      },
    },

    reconnecting: {
      initial: 'waiting',
      on: {
        ...forgetOrOwe,
        restart,
        start: startUnchanged,
        send: queueOrRefuse,
        message: { guard: 'isLinkedAndFree', actions: unread },
        backoffEnds: { target: 'starting', actions: unthrottled },
      },
      states: {
        verifying: { on: { kill: 'waiting' } },
        waiting: {
          on: {
            stop: { guard: 'isFree', ...remains },
            kill: { guard: 'owesSomething', ...remains },
          },
        },
        hibernated: {
          on: {
            start: { target: STARTING, actions: [started, afresh, answers(200)] },
            send: { target: STARTING, actions: [afresh, queued, answers(202)] },
            sixHours: STARTING,
            stop: remains,
            kill: remains,
            'idle.hibernate': remains,
            backoffEnds: undefined,
          },
        },
        suspended: {
          on: {
            ...oweSuspended,
            start: startSuspended,
            restart: restartSuspended,
            send: conflict,
            stop: { guard: 'endsByRestart', target: STARTING },
            kill: [{ guard: 'endsByRestart', target: STARTING }, remains],
            restEnds: { guard: 'restsShortly', target: STARTING },
            rechecked: { guard: 'isDueToLaravel', target: STARTING, actions: [welcome, hear('active')] },
            'rechecked.inactive': { guard: 'isDueToLaravel', ...remains },
            'rechecked.away': { guard: 'isDueToLaravel', ...remains },
            backoffEnds: undefined,
          },
          initial: 'resting',
          states: { resting: {} },
        },
      },
    },

    loggedOut: {
      initial: 'unlinked',
      on: { ...ended, stop: remains, restart: conflict, logout: unchanged },
      states: {
        unlinked: {
          initial: 'told',
          on: { 'idle.delete': remains, stop: undefined, kill: remains },
          states: {
            told: {},
            // Laravel is away and does not know it yet.
            untold: {
              on: {
                stop: { target: 'told', actions: over },
                kill: { target: 'told', actions: over },
                laravelBack: { target: 'told', actions: over },
                start: undefined,
                restart: undefined,
                logout: undefined,
                delete: undefined,
                send: undefined,
                'idle.delete': undefined,
              },
            },
          },
        },
        banned: { on: { 'idle.delete': remains } },
        neverLinked: { on: { 'idle.delete': { target: ABSENT, actions: gone } } },
      },
    },
  },
})
