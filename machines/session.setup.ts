import { assertEvent, assign, fromCallback, sendTo, setup, spawnChild, stopChild } from 'xstate'
import type { Reaction, SessionEvent } from './facts.ts'
import {
  askAgainIn,
  backoff,
  isOldNews,
  type SessionContext,
  type SessionInput,
  TIMES,
  unlinkedContext,
} from './session.context.ts'

/** `message.queued` is asked for, never sent: `can()` says whether a message may be queued now. */
type MachineEvent = SessionEvent | { type: 'message.queued'; at: number }

/** The host stamps `at` on every event, the machine's own timers included. */
const at = (event: unknown): number => (event as { at: number }).at

const missing = () => {
  throw new Error('provided by the runtime')
}

/**
 * The vocabulary of the session machine: guards and assigns that read facts, and the names of what touches the outside,
 * which the runtime provides (src/sessions/host/bind-effects.ts).
 */
export const sessionSetup = setup({
  types: {
    context: {} as SessionContext,
    events: {} as MachineEvent,
    input: {} as SessionInput,
    children: {} as { socket: 'socket'; question: 'askLaravel'; publication: 'publishQr' },
  },
  actors: {
    /** The Baileys socket: reports `socket.*` facts and `logout.confirmed`; understands `unlink`. */
    socket: fromCallback<{ type: 'unlink' }, { sessionId: string }>(() => {}),
    /** Asks Laravel whether the session is active; reports `laravel.answered` once. */
    askLaravel: fromCallback<{ type: 'none' }, { sessionId: string }>(() => {}),
    /** POST /qr; reports `qr.published` or `qr.publishFailed` once. */
    publishQr: fromCallback<{ type: 'none' }, { sessionId: string; hash: string }>(() => {}),
  },
  delays: {
    watchdog: TIMES.watchdog,
    settle: TIMES.settle,
    patience: TIMES.patience,
    unlinkTimeout: TIMES.unlink,
    qrThrottle: 30_000,
    qrExpiry: 60_000,
    askAgain: 1000,
    backoff: 1000,
    hibernation: TIMES.hibernation,
    suspension: TIMES.recheck,
    archiveEnd: TIMES.archive,
  },
  guards: {
    /** QR_THROTTLE_MS has not passed since the last publication, at the time of the fact. */
    isThrottled: missing as () => boolean,
    isNewQr: ({ context: { qr }, event }) =>
      event.type === 'socket.qr' && event.hash !== qr.current?.hash && event.hash !== qr.published?.hash,
    hasHeldQr: ({ context: { qr } }) => qr.current !== null && qr.current.hash !== qr.published?.hash,
    hasNewerQr: ({ context, event }) =>
      event.type === 'qr.publishFailed' &&
      context.qr.current !== null &&
      context.qr.current.hash !== event.hash,
    /** A pairing code for another number than before is wanted, and nothing is paired yet. */
    wantsCode: ({ context, event }) =>
      event.type === 'start.requested' &&
      event.phoneNumber !== undefined &&
      event.phoneNumber !== context.phoneNumber &&
      context.waId === null &&
      context.intent === 'none',
    isUnscanned: ({ context }) => context.qr.published !== null && context.waId === null,
    isNotPaired: ({ context }) => context.waId === null,
    isPaired: ({ context }) => context.waId !== null,
    /** Whoever has scanned is about to be open. */
    takesSends: ({ context }) => context.waId !== null && context.intent === 'none',
    owesLogout: ({ context }) => context.intent !== 'none',
    owesNothing: ({ context }) => context.intent === 'none',
    isArchived: ({ context }) => context.archiveUntil !== null,
    saysYes: ({ event }) => event.type === 'laravel.answered' && event.said === 'active',
    saysOldNews: ({ context, event }) => event.type === 'laravel.answered' && isOldNews(context, event),
    saysNo: ({ context, event }) => {
      if (event.type !== 'laravel.answered') return false
      if (event.said === 'missing') return at(event) - context.startedAt >= TIMES.freshStart
      return event.said === 'inactive' && !isOldNews(context, event)
    },
    isDueToLaravel: ({ context }) => context.reason === 'laravel_inactive',
    endsByItself: ({ context }) => context.retryAt !== null,
    endsByRestart: ({ context }) => context.reason === 'replaced' || context.reason === 'client_outdated',
    reacts: ({ event }, to: Reaction) => event.type === 'socket.closed' && event.reaction === to,
    restartsRarely: ({ context, event }) =>
      event.type === 'socket.closed' && event.reaction === 'reconnectNow' && context.restarts < 5,
    failsToLogIn: ({ context, event }) =>
      event.type === 'socket.closed' && event.reaction === 'backoffCounted' && context.loginFailures >= 4,
    wantsHibernation: ({ event }) => event.type === 'session.idled' && event.policy === 'hibernate',
    wantsDelete: ({ event }) => event.type === 'session.idled' && event.policy === 'delete',
  },
  actions: {
    openSocket: spawnChild('socket', {
      id: 'socket',
      input: ({ context }) => ({ sessionId: context.sessionId }),
    }),
    endSocket: stopChild('socket'),
    unlink: sendTo('socket', { type: 'unlink' }),
    /** Erases credentials and keys: after WhatsApp unlinked the device, or for a device that never was. */
    eraseCredentials: missing,
    /** After a restart: the same, if it was due and the process died before it was done. */
    eraseCredentialsIfDue: missing,
    /** Erases everything but a tombstone, and the actor with it. */
    eraseSession: missing,
    /** The same, if a deletion was asked for. */
    eraseSessionIfOwed: missing,
    /** Sends that wait fail with SESSION_LOGGED_OUT. */
    failQueued: missing,
    /** Only asked for through `can()`. */
    permit: () => {},
    noteStart: assign({ startedAt: ({ event }) => at(event) }),
    /** Whether a QR or a pairing code is to be shown. */
    noteWish: assign({
      phoneNumber: ({ event }) => (event.type === 'start.requested' ? event.phoneNumber : undefined),
    }),
    connectNow: assign({ connectingAt: ({ event }) => at(event), openedAt: null, retryAt: null }),
    tryAgain: assign(({ context, event }) => ({
      connectingAt: at(event),
      openedAt: null,
      retryAt: null,
      attempts: 0,
      loginFailures: 0,
      restarts: 0,
      reason: null,
      reasonText: null,
      qr: { ...context.qr, current: null, published: null, unclear: 0, askAt: null },
    })),
    forgetLink: assign(({ context }) => unlinkedContext(context)),
    owe: assign({
      intent: ({ context, event }) =>
        event.type === 'logout.requested' && context.intent !== 'delete' ? 'logout' : 'delete',
    }),
    settleDebt: assign({
      intent: ({ context }) => (context.intent === 'delete' ? 'delete' : 'none'),
      retryAt: null,
    }),
    notePaired: assign(({ event }) => {
      assertEvent(event, 'socket.paired')
      return { waId: event.waId, lid: event.lid }
    }),
    noteOpened: assign(({ context, event }) => {
      assertEvent(event, 'socket.opened')
      return {
        linked: true,
        waId: event.waId,
        lid: event.lid ?? context.lid,
        pushName: event.pushName ?? context.pushName,
        phoneNumber: undefined,
        openedAt: event.at,
        loginFailures: 0,
        retryAt: null,
        reason: null,
        reasonText: null,
        qr: { ...context.qr, current: null, published: null, unclear: 0, askAt: null },
      }
    }),
    noteName: assign(({ event }) => {
      assertEvent(event, 'socket.named')
      return { pushName: event.pushName }
    }),
    noteSettled: assign({ attempts: 0, restarts: 0 }),
    /** Why the socket ended, and when to try again. */
    noteClosed: assign(({ context, event }) => {
      assertEvent(event, 'socket.closed')
      const attempts = context.attempts + (event.reaction === 'reconnectNow' ? 0 : 1)
      const floor = event.reaction === 'backoffLong' ? 5000 : 1000
      return {
        attempts,
        restarts: context.restarts + (event.reaction === 'reconnectNow' ? 1 : 0),
        loginFailures:
          event.reaction === 'backoffCounted' && context.openedAt === null
            ? context.loginFailures + 1
            : context.loginFailures,
        connectingAt: event.at,
        openedAt: null,
        retryAt: event.at + backoff(context.sessionId, event.at, Math.max(1, attempts), floor),
        reason: event.reason,
        reasonText: event.reasonText,
      }
    }),
    noteSuspended: assign(({ event }) => {
      assertEvent(event, 'socket.closed')
      return { retryAt: event.until ?? null }
    }),
    noteTimedOut: assign(({ context, event }) => ({
      attempts: context.attempts + 1,
      openedAt: null,
      retryAt: at(event) + backoff(context.sessionId, at(event), context.attempts + 1),
      reason: 'connect_timeout',
      reasonText: 'WhatsApp did not answer in time; the connection is tried again.',
    })),
    noteCrashed: assign(({ context, event }) => {
      assertEvent(event, ['session.crashed', 'crashes.exceeded'])
      return {
        attempts: context.attempts + 1,
        openedAt: null,
        retryAt:
          event.type === 'session.crashed'
            ? event.at + backoff(context.sessionId, event.at, context.attempts + 1)
            : null,
        reason: 'crashed',
        reasonText: `A fault inside the manager stopped this session: ${event.error}`,
      }
    }),
    noteLoggedOut: assign({
      openedAt: null,
      reason: 'logged_out',
      reasonText: 'The device was unlinked on request; call /start to link it again.',
    }),
    noteRefused: assign(({ event }) => ({
      retryAt: at(event) + TIMES.recheck,
      reason: 'laravel_inactive',
      reasonText: 'Laravel says that this session is not active; call /start once it is.',
    })),
    waitForStart: assign({ retryAt: null }),
    noteExpired: assign(({ context }) => ({
      retryAt: null,
      reason: 'qr_expired',
      reasonText: 'Nobody scanned the QR in time; call /start for a new one.',
      qr: { ...context.qr, current: null, published: null },
    })),
    noteHibernated: assign({
      openedAt: null,
      retryAt: ({ event }) => at(event) + TIMES.hibernation,
      reason: 'idle',
      reasonText: 'No message for a while; the session wakes on a send, on /start or by itself.',
    }),
    archive: assign({ archiveUntil: ({ event }) => at(event) + TIMES.archive }),
    noteArchiveEnd: assign({ archiveUntil: null }),
    noteQr: assign(({ context, event }) => {
      assertEvent(event, 'socket.qr')
      return { qr: { ...context.qr, current: { hash: event.hash, expiresAt: event.expiresAt } } }
    }),
    notePublished: assign(({ context, event }) => {
      assertEvent(event, 'qr.published')
      return {
        qr: { ...context.qr, published: { hash: event.hash, at: event.at }, lastPublishedAt: event.at },
      }
    }),
    noteUnclear: assign(({ context, event }) => ({
      qr: {
        ...context.qr,
        unclear: context.qr.unclear + 1,
        askAt: at(event) + askAgainIn(context.qr.unclear),
      },
    })),
    noteClear: assign(({ context }) => ({ qr: { ...context.qr, unclear: 0, askAt: null } })),
  },
})
