import { fromCallback, setup } from 'xstate'
import type { Reaction, SessionEvent } from './facts.ts'
import { isOldNews, type SessionContext, type SessionInput } from './session.context.ts'
import { TIMES } from './session.timers.ts'

/** `message.queued` is asked for, never sent: `can()` says whether a message may be queued now. */
type MachineEvent = SessionEvent | { type: 'message.queued'; at: number }

/** When a fact was applied, in ms: the host stamps every event, the machine's own timers included. */
export const at = (event: unknown): number => (event as { at: number }).at

/** What the runtime provides. */
export const missing = () => {
  throw new Error('provided by the runtime')
}

/** Restarts that WhatsApp may ask for (515) until one counts as an attempt and is waited for. */
export const FREE_RESTARTS = 5

const reacts = (event: MachineEvent, to: Reaction) => event.type === 'socket.closed' && event.reaction === to

const isNewQr = ({ qr }: SessionContext, event: MachineEvent) =>
  event.type === 'socket.qr' && event.hash !== qr.current?.hash && event.hash !== qr.published?.hash

const isReplacement = (context: SessionContext, event: MachineEvent) =>
  event.type === 'socket.qr' && event.replaces !== undefined && isNewQr(context, event)

/** What other code asks of a state. */
export type SessionTag =
  /** A phone may scan: Laravel is told `pending`, and the API shows the QR. */
  | 'awaitsScan'
  /** WhatsApp demands a passkey of the account's owner. */
  | 'awaitsPasskey'
  /** A QR or pairing code is being offered to Laravel. */
  | 'publishing'
  /** Connected. */
  | 'open'
  /** Open, and things can be done in chats. */
  | 'usable'
  /** Its socket was closed for a while: a send wakes it. */
  | 'asleep'
  /** Laravel is told `inactive`. */
  | 'inactive'
  /** Nothing is linked. */
  | 'loggedOut'
  /** Its line in the log is a warning. */
  | 'needsAttention'

/** What the machine has its socket do. */
export type SocketCommand =
  /** Ask WhatsApp to unlink the device. */
  | { type: 'logout' }
  /** Hand over the assertion that was submitted last. */
  | { type: 'passkey.answer' }
  /** Phone and device have the same code: hand over the device's keys. */
  | { type: 'passkey.finish' }

/** Types, children, timers and guards of the session machine. */
export const guarded = setup({
  types: {
    context: {} as SessionContext,
    events: {} as MachineEvent,
    input: {} as SessionInput,
    children: {} as { socket: 'socket'; question: 'askLaravel'; publication: 'publishQr' },
    tags: {} as SessionTag,
  },
  actors: {
    /** The Baileys socket: reports `socket.*` and `passkey.*` facts and `logout.confirmed`. */
    socket: fromCallback<SocketCommand, { sessionId: string }>(() => {}),
    /** Asks Laravel whether the session is active; reports `laravel.answered` once. */
    askLaravel: fromCallback<{ type: 'none' }, { sessionId: string }>(() => {}),
    /** POST /qr or /pairing-code, once; reports `qr.published` or `qr.publishFailed`. */
    publishQr: fromCallback<{ type: 'none' }, { sessionId: string; hash: string }>(() => {}),
  },
  delays: {
    watchdog: TIMES.watchdog,
    settle: TIMES.settle,
    patience: TIMES.patience,
    unlinkTimeout: TIMES.unlink,
    linkTimeout: TIMES.link,
    answerTimeout: TIMES.answer,
    qrThrottle: 30_000,
    qrExpiry: 60_000,
    passkeyExpiry: TIMES.passkey,
    askAgain: 1000,
    offerAgain: TIMES.offerAgain,
    backoff: 1000,
    hibernation: TIMES.hibernation,
    suspension: TIMES.recheck,
    untold: TIMES.untold,
    archiveEnd: TIMES.archive,
  },
  guards: {
    /** QR_THROTTLE_MS has not passed since the last publication, at the time of the fact. */
    isThrottled: missing as () => boolean,
    isNewQr: ({ context, event }) => isNewQr(context, event),
    /** What was shown links no phone any more: its successor waits for no throttle. */
    replacesVoidQr: ({ context, event }) => isReplacement(context, event),
    /** The same, and Laravel has a void QR of this round on its screen. */
    replacesPublishedQr: ({ context, event }) =>
      isReplacement(context, event) && context.qr.published !== null,
    hasHeldQr: ({ context: { qr } }) => qr.current !== null && qr.current.hash !== qr.published?.hash,
    hasNewerQr: ({ context, event }) =>
      event.type === 'qr.publishFailed' &&
      context.qr.current !== null &&
      context.qr.current.hash !== event.hash,
    /** It has not expired, so Laravel may be offered it again. */
    isQrGood: ({ context: { qr }, event }) => qr.current !== null && at(event) < qr.current.expiresAt,
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
    /** A logout is owed, and there are no credentials to ask for it with. */
    cannotUnlink: ({ context, event }) =>
      context.intent !== 'none' && event.type === 'socket.closed' && event.reason === 'credentials_corrupt',
    owesNothing: ({ context }) => context.intent === 'none',
    isArchived: ({ context }) => context.archiveUntil !== null,
    saysYes: ({ event }) => event.type === 'laravel.answered' && event.said === 'active',
    saysOldNews: ({ context, event }) => event.type === 'laravel.answered' && isOldNews(context, event),
    saysNo: ({ context, event }) => {
      if (event.type !== 'laravel.answered') return false
      if (event.said === 'missing') return at(event) - context.startedAt >= TIMES.freshStart
      return event.said === 'inactive' && !isOldNews(context, event)
    },
    isDueToLaravel: ({ context: { reason, intent } }) => reason === 'laravel_inactive' && intent === 'none',
    isDueToVersion: ({ context }) => context.reason === 'client_outdated',
    isUntold: ({ context }) => context.outage?.told === false,
    /** A new process may do what the old one could not. */
    endsByRestart: ({ context: { reason } }) => reason === 'replaced' || reason === 'client_outdated',
    isUnlinked: ({ event }) => reacts(event, 'unlinked'),
    isBanned: ({ event }) => reacts(event, 'banned'),
    mustRest: ({ event }) => reacts(event, 'suspend') || reacts(event, 'versionRefused'),
    nobodyScanned: ({ context, event }) => reacts(event, 'qrExhausted') && context.waId === null,
    restartsRarely: ({ context, event }) => reacts(event, 'reconnectNow') && context.restarts < FREE_RESTARTS,
    failsToLogIn: ({ context, event }) => reacts(event, 'backoffCounted') && context.loginFailures >= 4,
    hasSendsWaiting: ({ event }) => event.type === 'session.resumed' && event.sendsWait === true,
    wantsHibernation: ({ event }) => event.type === 'session.idled' && event.policy === 'hibernate',
    wantsDelete: ({ event }) => event.type === 'session.idled' && event.policy === 'delete',
  },
})
