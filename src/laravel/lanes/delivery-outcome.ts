import type { EstadoQr } from '../../../machines/facts.ts'
import type { DeliveryOutcome, DeliveryRow } from '../../ports/delivery-table.ts'
import { LIFETIME, LONGEST_WAIT, retryDelay } from '../retry-schedule.ts'

/** Laravel may refuse one content so often. */
const MESSAGE_TRIES = 5

/** Time from which a failure of this delivery is its last. */
export function expiryOf({ at }: Pick<DeliveryRow, 'at'>): number {
  return at + LIFETIME
}

/** When the delivery may be tried; one that waits for longer than anything does was stored before the clock was set back. */
export function dueAt({ nextAt }: Pick<DeliveryRow, 'nextAt'>, now: number): number {
  return nextAt > now + LONGEST_WAIT ? now : nextAt
}

/** What a 2xx makes of the row; a status also records what Laravel now knows. */
export function acceptedOutcome(delivery: DeliveryRow, now: number): DeliveryOutcome {
  if (delivery.kind !== 'status') return { done: true }
  const estadoQr = delivery.payload.estado_qr as EstadoQr
  return { done: true, acceptedStatus: { streamId: delivery.streamId, estadoQr, at: now } }
}

/** What a failure makes of the row while nobody knows whose it is: tried again soon, because that will tell, and never its last. */
export function waitingOutcome(
  now: number,
  failure: { error: string; retryAt: number | null },
): DeliveryOutcome {
  const retryAt = failure.retryAt ?? now + retryDelay(1)
  return { retryAt, error: failure.error, countsTry: false, countsAttempt: true }
}

/** What a delivery's own failure makes of the row: tried again on the schedule, never beyond its lifetime. */
export function failedOutcome(
  delivery: DeliveryRow,
  now: number,
  failure: { error: string; retryAt: number | null; countsTry: boolean },
): DeliveryOutcome {
  const { error, countsTry } = failure
  const refused = countsTry && delivery.tries + 1 >= MESSAGE_TRIES
  const expiry = expiryOf(delivery)
  if (refused || now >= expiry) return { dead: true, at: now, error }
  const retryAt = Math.min(failure.retryAt ?? now + retryDelay(delivery.attempts + 1), expiry)
  return { retryAt, error, countsTry, countsAttempt: true }
}
