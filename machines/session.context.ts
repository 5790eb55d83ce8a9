import type { Reason, SessionFact } from './facts.ts'

/** What a session remembers; plain JSON, so that one row restores it. */
export interface SessionContext {
  sessionId: string
  userId: string | number
  createdAt: number
  /** The last /start. */
  startedAt: number
  /** The number (digits) that is to be linked by a pairing code in place of a QR; absent otherwise, and once it is linked. */
  phoneNumber?: string | undefined
  /** A logout that was asked for survives reconnects and restarts until WhatsApp confirmed it. */
  intent: 'none' | 'logout' | 'delete'
  /** Begins at the first open. */
  linked: boolean
  /** Digits of the linked number; set once a phone has scanned. */
  waId: string | null
  lid: string | null
  pushName: string | null
  /** Connects that failed since the session was last settled. */
  attempts: number
  /** Unknown failures in a row while logging in. */
  loginFailures: number
  /** Restarts that WhatsApp asked for (515) since the session was last settled. */
  restarts: number
  /** When the socket was last asked to open. */
  connectingAt: number
  openedAt: number | null
  /** The next try: end of a backoff, of a hibernation, of a suspension that ends by itself. */
  retryAt: number | null
  /** Suspended since then, for the `rests`th time; null once an open has held. `told`: Laravel hears `inactive` until it is open. */
  outage: { since: number; rests: number; told: boolean } | null
  reason: Reason | null
  reasonText: string | null
  /** Credentials of an unlinked session are kept until then. */
  archiveUntil: number | null
  qr: {
    /** The newest QR of this round. */
    current: { hash: string; expiresAt: number } | null
    /** The last one that Laravel took in this round. */
    published: { hash: string; at: number } | null
    /** The last publication of any round: the throttle counts from here. */
    lastPublishedAt: number | null
    /** Questions to Laravel in a row without a clear answer, and when to ask again. */
    unclear: number
    askAt: number | null
  }
  /** The passkey that WhatsApp demands must be there by then; absent while it demands none. */
  passkey?: { expiresAt: number } | undefined
  /** WhatsApp lets the account write to nobody new until then (463). */
  reachOutLock: { at: number; until: number } | null
  /** WhatsApp took too many messages (429): sends leave at this pace until then, and none before `pausedUntil`. */
  slowdown: { at: number; perMinute: number; until: number; pausedUntil?: number } | null
}

export interface SessionInput {
  sessionId: string
  userId: string | number
  at: number
  phoneNumber?: string | undefined
}

const emptyQr: SessionContext['qr'] = {
  current: null,
  published: null,
  lastPublishedAt: null,
  unclear: 0,
  askAt: null,
}

const unlinked = {
  linked: false,
  waId: null,
  lid: null,
  pushName: null,
  attempts: 0,
  loginFailures: 0,
  restarts: 0,
  outage: null,
} as const

/** A session that was just asked for. */
export function initialContext({ sessionId, userId, at, phoneNumber }: SessionInput): SessionContext {
  return {
    sessionId,
    userId,
    createdAt: at,
    startedAt: at,
    ...(phoneNumber !== undefined && { phoneNumber }),
    intent: 'none',
    ...unlinked,
    connectingAt: at,
    openedAt: null,
    retryAt: null,
    reason: null,
    reasonText: null,
    archiveUntil: null,
    qr: emptyQr,
    reachOutLock: null,
    slowdown: null,
  }
}

/** The same session with nothing linked any more: the next socket gets fresh credentials. */
export function unlinkedContext(context: SessionContext): Partial<SessionContext> {
  return {
    ...unlinked,
    openedAt: null,
    archiveUntil: null,
    qr: { ...emptyQr, lastPublishedAt: context.qr.lastPublishedAt },
    // They were about the account that was linked.
    reachOutLock: null,
    slowdown: null,
  }
}

/** Whether a "no" of Laravel is only what we told it before, stored and repeated: old news, and no answer. */
export function isOldNews(
  context: SessionContext,
  { said, told }: Extract<SessionFact, { type: 'laravel.answered' }>,
): boolean {
  if (said !== 'inactive' || told === null) return false
  return told.estadoQr === 'inactive' || context.startedAt > told.at
}
