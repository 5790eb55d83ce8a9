import type { SessionContext } from './session.context.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** Nominal lengths of the machine's timers that no configuration changes, in ms. */
export const TIMES = {
  watchdog: 45 * SECOND,
  settle: 5 * MINUTE,
  patience: 5 * SECOND,
  freshStart: 15 * SECOND,
  unlink: 10 * SECOND,
  /** After a scan WhatsApp asks for a new connection within seconds. */
  link: 2 * MINUTE,
  recheck: 15 * MINUTE,
  hibernation: 6 * 60 * MINUTE,
  archive: 7 * 24 * 60 * MINUTE,
  /** How long a passkey may take that WhatsApp demands (its own limit). */
  passkey: 10 * MINUTE,
  /** Between two offers of a QR that Laravel did not take. */
  offerAgain: 5 * SECOND,
  /** Laravel is asked again later if its answer takes longer, whatever became of the question. */
  answer: 2 * MINUTE,
  /** How long a suspension may last before Laravel hears of it: mostly it is WhatsApp's own trouble, and passes. */
  untold: 60 * MINUTE,
  /** A longer `after` fires at once (2^31 ms). */
  longest: 24 * 24 * 60 * MINUTE,
} as const

/** The shortest backoff, in ms: usually, and when WhatsApp is overloaded. */
export const BACKOFF_FLOOR = { usual: SECOND, overload: 5 * SECOND } as const

/**
 * Full jitter, 1 s (or `floor`) to 5 min, in ms. The spread comes from a hash of session and time (FNV-1a):
 * it differs between sessions that lost the network together and is the same when a log is folded.
 */
export function backoff(
  sessionId: string,
  at: number,
  attempt: number,
  floor: number = BACKOFF_FLOOR.usual,
): number {
  const ceiling = Math.min(5 * MINUTE, floor * 2 ** Math.min(attempt, 20))
  let hash = 0x811c9dc5
  for (const char of `${sessionId}|${at}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
  return Math.round(floor + ((hash ^ (hash >>> 13)) >>> 0) * ((ceiling - floor) / 2 ** 32))
}

/** How long until a question without a clear answer is asked again, in ms: 1 s, 2 s, 4 s … 1 min. */
export const askAgainIn = (unclear: number): number => Math.min(MINUTE, SECOND * 2 ** Math.min(unclear, 10))

/** Lengths that configuration decides, in ms. */
export interface QrTimes {
  throttleMs: number
  expiryMs: number
}

/**
 * What remains of each timer: deadlines live in the context, so a restored session waits only for the rest.
 * Between 0 and the nominal length, whatever the clock did meanwhile.
 */
export function sessionDelays({ throttleMs, expiryMs }: QrTimes, now: () => number) {
  const remainingSince = (since: number | null, length: number) =>
    since === null ? TIMES.longest : Math.max(0, Math.min(length, since + length - now()))
  const remainingUntil = (deadline: number | null, nominal: number) =>
    deadline === null ? TIMES.longest : Math.max(0, Math.min(nominal, deadline - now()))
  type Args = { context: SessionContext }
  return {
    watchdog: ({ context }: Args) => remainingSince(context.connectingAt, TIMES.watchdog),
    settle: ({ context }: Args) => remainingSince(context.openedAt, TIMES.settle),
    patience: () => TIMES.patience,
    unlinkTimeout: () => TIMES.unlink,
    linkTimeout: () => TIMES.link,
    answerTimeout: () => TIMES.answer,
    qrThrottle: ({ context }: Args) =>
      context.qr.lastPublishedAt === null ? 0 : remainingSince(context.qr.lastPublishedAt, throttleMs),
    // Typing a code takes longer than a scan, and it does not change: it is good for as long as WhatsApp takes it.
    qrExpiry: ({ context }: Args) =>
      context.phoneNumber === undefined
        ? remainingSince(context.qr.published?.at ?? null, expiryMs)
        : Math.max(
            remainingUntil(context.qr.current?.expiresAt ?? 0, TIMES.longest),
            remainingSince(context.qr.published?.at ?? null, expiryMs),
          ),
    passkeyExpiry: ({ context }: Args) => remainingUntil(context.passkey?.expiresAt ?? null, TIMES.passkey),
    offerAgain: () => TIMES.offerAgain,
    askAgain: ({ context }: Args) => remainingUntil(context.qr.askAt, 60_000),
    backoff: ({ context }: Args) => remainingUntil(context.retryAt, 5 * 60_000),
    hibernation: ({ context }: Args) => remainingUntil(context.retryAt, TIMES.hibernation),
    suspension: ({ context }: Args) => remainingUntil(context.retryAt, TIMES.longest),
    untold: ({ context: { outage } }: Args) =>
      remainingSince(outage?.told === false ? outage.since : null, TIMES.untold),
    archiveEnd: ({ context }: Args) => remainingUntil(context.archiveUntil, TIMES.archive),
  }
}

/** Whether QR_THROTTLE_MS has not passed at the time of the fact: guard `isThrottled`. */
export const throttledBy =
  ({ throttleMs }: Pick<QrTimes, 'throttleMs'>) =>
  ({ context, event }: { context: SessionContext; event: { at: number } }): boolean =>
    context.qr.lastPublishedAt !== null &&
    event.at >= context.qr.lastPublishedAt &&
    event.at < context.qr.lastPublishedAt + throttleMs
