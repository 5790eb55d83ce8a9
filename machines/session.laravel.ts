import type { LaravelCause } from './facts.ts'
import type { SessionContext } from './session.context.ts'

type Why = Pick<SessionContext, 'reason' | 'reasonText'>

/** Whether a session says of Laravel that it did not answer as it should. */
export const tellsOfLaravel = ({ reason }: Pick<Why, 'reason'>): boolean =>
  reason?.startsWith('laravel_') === true && reason !== 'laravel_inactive'

/** What a session says when Laravel did not answer as it should; nothing new if the fact does not say why. */
export const faultOf = ({ cause, why }: { cause?: LaravelCause; why?: string }): Partial<Why> =>
  cause === undefined || why === undefined ? {} : { reason: `laravel_${cause}`, reasonText: why }

/** Laravel answers again. */
export const withoutFault = (context: Why): Partial<Why> =>
  tellsOfLaravel(context) ? { reason: null, reasonText: null } : {}

/** Laravel said no; `why` it could not be asked again. */
export function refusal(said: string, why: string | undefined): string {
  if (why !== undefined)
    return `Laravel said that this session is not active, and cannot be asked again now. ${why}`
  return said === 'missing'
    ? 'Laravel answers 404 for this session: it has no row with this session_id; call /start once it has.'
    : 'Laravel says that this session is not active; call /start once it is.'
}

/** Nobody linked a phone in time; what Laravel did not show nobody could scan. */
export function expiry({ phoneNumber, ...context }: Why & Pick<SessionContext, 'phoneNumber'>): Why {
  const { reason, reasonText } = context
  if (tellsOfLaravel(context))
    return { reason, reasonText: `${reasonText} The QR ended meanwhile: call /start for a new one.` }
  return {
    reason: 'qr_expired',
    reasonText:
      phoneNumber === undefined
        ? 'Nobody scanned the QR in time; call /start for a new one.'
        : 'Nobody typed the pairing code into the phone in time; call /start with the phone_number for a new one.',
  }
}
