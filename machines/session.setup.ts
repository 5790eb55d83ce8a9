import { assertEvent, assign, sendTo, spawnChild, stopChild } from 'xstate'
import { type SessionContext, unlinkedContext } from './session.context.ts'
import { at, FREE_RESTARTS, guarded, missing } from './session.guards.ts'
import { expiry, faultOf, refusal, withoutFault } from './session.laravel.ts'
import { rest } from './session.rests.ts'
import { askAgainIn, BACKOFF_FLOOR, backoff, TIMES } from './session.timers.ts'

const withoutRound = ({ qr }: SessionContext): SessionContext['qr'] => ({
  ...qr,
  current: null,
  published: null,
  lastPublishedAt: null,
  unclear: 0,
  askAt: null,
})

/**
 * The vocabulary of the session machine: assigns that read facts, and the names of what touches the outside, which the runtime
 * provides (src/sessions/effects/bind-effects.ts).
 */
export const sessionSetup = guarded.extend({
  actions: {
    openSocket: spawnChild('socket', {
      id: 'socket',
      input: ({ context }) => ({ sessionId: context.sessionId }),
    }),
    endSocket: stopChild('socket'),
    logout: sendTo('socket', { type: 'logout' }),
    answerPasskey: sendTo('socket', { type: 'passkey.answer' }),
    finishPasskey: sendTo('socket', { type: 'passkey.finish' }),
    /** Erases credentials and keys: after WhatsApp unlinked the device, or for a device that never was. */
    eraseCredentials: missing,
    /** After a restart: the same, if it was due and the process died before it was done. */
    eraseCredentialsIfDue: missing,
    /** Erases everything but a tombstone, and the actor with it. */
    deleteSession: missing,
    /** The same, if a deletion was asked for. */
    deleteSessionIfOwed: missing,
    /** Sends that wait fail with SESSION_LOGGED_OUT. */
    failQueued: missing,
    /** Takes a fact that changes nothing: it is recorded, or only asked for through `can()`. */
    permit: () => {},
    noteStart: assign({ startedAt: ({ event }) => at(event) }),
    /** Whether a QR or a pairing code is to be shown. */
    notePairingChoice: assign({
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
      outage: null,
      reason: null,
      reasonText: null,
      qr: { ...context.qr, current: null, published: null, unclear: 0, askAt: null },
    })),
    forgetLink: assign(({ context }) => unlinkedContext(context)),
    setIntent: assign({
      intent: ({ context, event }) =>
        event.type === 'logout.requested' && context.intent !== 'delete' ? 'logout' : 'delete',
    }),
    clearIntent: assign({
      intent: ({ context }) => (context.intent === 'delete' ? 'delete' : 'none'),
      retryAt: null,
    }),
    notePaired: assign(({ event }) => {
      assertEvent(event, 'socket.paired')
      // A phone has just linked it: what kept it away is over, though it is to connect once more.
      return { waId: event.waId, lid: event.lid, outage: null }
    }),
    /** Whoever is offered a QR has no credentials that a phone has linked. */
    noteNoLink: assign({ linked: false, waId: null, lid: null, pushName: null }),
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
        outage: context.outage && { ...context.outage, told: false },
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
    noteSettled: assign({ attempts: 0, restarts: 0, outage: null }),
    /** Why the socket ended, and when to try again. */
    noteClosed: assign(({ context, event }) => {
      assertEvent(event, 'socket.closed')
      const isFree = event.reaction === 'reconnectNow' && context.restarts < FREE_RESTARTS
      const attempts = context.attempts + (isFree ? 0 : 1)
      const floor = event.reaction === 'backoffLong' ? BACKOFF_FLOOR.overload : BACKOFF_FLOOR.usual
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
    /** How long it rests, and whether Laravel hears of it now: not of what is WhatsApp's own trouble, or this program's age. */
    noteSuspended: assign(({ context, event }) => {
      assertEvent(event, 'socket.closed')
      return rest(context, event, { told: event.reaction === 'suspend', until: event.until })
    }),
    noteTold: assign(({ context }) => ({ outage: context.outage && { ...context.outage, told: true } })),
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
        retryAt: event.at + backoff(context.sessionId, event.at, context.attempts + 1),
        reason: 'crashed',
        reasonText: `A fault inside the manager stopped this session: ${event.error}`,
      }
    }),
    /** A session that crashed too often is left alone for a while. */
    noteCrashRest: assign(({ context, event }) => {
      assertEvent(event, 'crashes.exceeded')
      return rest(context, event, { told: true })
    }),
    noteForgotten: assign(({ context: { intent } }) => ({
      openedAt: null,
      retryAt: null,
      reason: intent === 'delete' ? 'deleted' : 'logged_out',
      reasonText: `The link was erased here; its credentials could not be read, so WhatsApp was not told: remove the device on the phone${intent === 'delete' ? '' : ', then call /start to link it again'}.`,
    })),
    /** Whatever ended its link: nobody can start it again. */
    noteDeleted: assign(({ context: { intent, reason } }) =>
      intent !== 'delete' || reason === 'deleted'
        ? {}
        : { reason: 'deleted', reasonText: 'The session was deleted on request; nothing of it is kept.' },
    ),
    noteLoggedOut: assign({
      openedAt: null,
      reason: 'logged_out',
      reasonText: 'The device was unlinked on request; call /start to link it again.',
    }),
    noteRefused: assign(({ context, event }) => ({
      retryAt: at(event) + TIMES.recheck,
      outage: { since: at(event), rests: 0, ...context.outage, told: true },
      reason: 'laravel_inactive',
      reasonText:
        event.type === 'laravel.answered'
          ? refusal(event.said, event.said === 'unknown' ? event.why : undefined)
          : context.reasonText,
    })),
    noteWelcome: assign({ outage: null, reason: null, reasonText: null }),
    waitForStart: assign({ retryAt: null }),
    noteExpired: assign(({ context }) => ({
      retryAt: null,
      ...expiry(context),
      qr: { ...context.qr, current: null, published: null },
    })),
    /** The QR is scanned: it is void, and so is the throttle that protects Laravel from more of its kind. */
    notePasskeyAsked: assign(({ context, event }) => {
      assertEvent(event, 'passkey.asked')
      return { passkey: { expiresAt: event.expiresAt }, qr: withoutRound(context) }
    }),
    forgetPasskey: assign({ passkey: undefined }),
    notePasskeyFailed: assign(({ context, event }) => {
      assertEvent(event, 'passkey.failed')
      return { reason: event.reason, reasonText: event.reasonText, qr: withoutRound(context) }
    }),
    notePasskeyExpired: assign({
      reason: 'passkey_expired',
      reasonText: 'The passkey that WhatsApp demanded did not come in time; link the phone again.',
    }),
    notePasskeyCancelled: assign({
      reason: 'passkey_cancelled',
      reasonText: 'The passkey was cancelled; link the phone again with the next QR or code.',
    }),
    noteHibernated: assign({
      openedAt: null,
      retryAt: ({ event }) => at(event) + TIMES.hibernation,
      reason: 'idle',
      reasonText: 'No message for a while; the session wakes on a send, on /start or by itself.',
    }),
    noteReachOutLock: assign(({ event }) => {
      assertEvent(event, 'reachOut.locked')
      return { reachOutLock: { at: event.at, until: event.until } }
    }),
    noteSlowdown: assign(({ event }) => {
      assertEvent(event, 'sends.slowed')
      const { at, perMinute, until, pausedUntil } = event
      return { slowdown: { at, perMinute, until, ...(pausedUntil !== undefined && { pausedUntil }) } }
    }),
    archive: assign({ archiveUntil: ({ event }) => at(event) + TIMES.archive }),
    noteArchiveEnd: assign({ archiveUntil: null }),
    noteQr: assign(({ context, event }) => {
      assertEvent(event, 'socket.qr')
      const { hash, expiresAt, codeRefused } = event
      return {
        ...(codeRefused !== undefined && {
          reason: 'pairing_code_refused' as const,
          reasonText: codeRefused,
        }),
        qr: { ...context.qr, current: { hash, expiresAt } },
      }
    }),
    noteReplaced: assign({
      reason: 'qr_replaced',
      reasonText: 'WhatsApp made the QR void after it was scanned; scan the new one.',
    }),
    notePublished: assign(({ context, event }) => {
      assertEvent(event, 'qr.published')
      return {
        ...withoutFault(context),
        qr: { ...context.qr, published: { hash: event.hash, at: event.at }, lastPublishedAt: event.at },
      }
    }),
    noteNotTaken: assign(({ event }) => {
      assertEvent(event, 'qr.publishFailed')
      return faultOf(event)
    }),
    noteUnclear: assign(({ context, event }) => ({
      ...(event.type === 'laravel.answered' && faultOf(event)),
      qr: {
        ...context.qr,
        unclear: context.qr.unclear + 1,
        askAt: at(event) + askAgainIn(context.qr.unclear),
      },
    })),
    noteClear: assign(({ context }) => ({
      // What it says of a publication stays until that is taken.
      ...(context.qr.unclear > 0 && withoutFault(context)),
      qr: { ...context.qr, unclear: 0, askAt: null },
    })),
  },
})
