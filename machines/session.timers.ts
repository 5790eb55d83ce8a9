import { type SessionContext, TIMES } from './session.context.ts'

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
  const rest = (since: number | null, length: number) =>
    since === null ? TIMES.longest : Math.max(0, Math.min(length, since + length - now()))
  const until = (deadline: number | null, nominal: number) =>
    deadline === null ? TIMES.longest : Math.max(0, Math.min(nominal, deadline - now()))
  type Args = { context: SessionContext }
  return {
    watchdog: ({ context }: Args) => rest(context.connectingAt, TIMES.watchdog),
    settle: ({ context }: Args) => rest(context.openedAt, TIMES.settle),
    patience: () => TIMES.patience,
    unlinkTimeout: () => TIMES.unlink,
    qrThrottle: ({ context }: Args) =>
      context.qr.lastPublishedAt === null ? 0 : rest(context.qr.lastPublishedAt, throttleMs),
    // Typing a code takes longer than a scan, and it does not change: it is good for as long as WhatsApp takes it.
    qrExpiry: ({ context }: Args) =>
      context.phoneNumber === undefined
        ? rest(context.qr.published?.at ?? null, expiryMs)
        : Math.max(
            until(context.qr.current?.expiresAt ?? 0, TIMES.longest),
            rest(context.qr.published?.at ?? null, expiryMs),
          ),
    offerAgain: () => TIMES.offerAgain,
    askAgain: ({ context }: Args) => until(context.qr.askAt, 60_000),
    backoff: ({ context }: Args) => until(context.retryAt, 5 * 60_000),
    hibernation: ({ context }: Args) => until(context.retryAt, TIMES.hibernation),
    suspension: ({ context }: Args) => until(context.retryAt, TIMES.longest),
    archiveEnd: ({ context }: Args) => until(context.archiveUntil, TIMES.archive),
  }
}

/** Whether QR_THROTTLE_MS has not passed at the time of the fact: guard `isThrottled`. */
export const throttledBy =
  ({ throttleMs }: Pick<QrTimes, 'throttleMs'>) =>
  ({ context, event }: { context: SessionContext; event: { at: number } }): boolean =>
    context.qr.lastPublishedAt !== null &&
    event.at >= context.qr.lastPublishedAt &&
    event.at < context.qr.lastPublishedAt + throttleMs
