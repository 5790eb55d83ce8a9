/** Whose fault a failed delivery is; it decides what is held back. */
export type Fault =
  /** Laravel refuses this content: a few tries, then a dead letter, and the lane goes on. */
  | 'message'
  /** Laravel does not know this address or session: the lane waits, others go on. */
  | 'lane'
  /** Laravel cannot take anything now: all lanes wait for one probe. */
  | 'endpoint'
  /** The endpoint's, unless the endpoint takes others: then this content breaks it, and its lane alone waits. */
  | 'unclear'

/** Fault of an answer that is not 2xx. */
export function faultOf(status: number): Fault {
  switch (status) {
    case 500:
    case 502:
    case 504:
      return 'unclear'
    case 404:
    case 410:
      return 'lane'
    case 401: // no or wrong token
    case 402:
    case 403:
    case 405: // the route exists for another method only: not an API route
    case 406:
    case 407:
    case 408:
    case 411:
    case 415:
    case 419: // Laravel's CSRF check: the route is not in routes/api.php
    case 421:
    case 425:
    case 426:
    case 429:
      return 'endpoint'
    default:
      return status >= 400 && status < 500 ? 'message' : 'endpoint'
  }
}

/** What the operator can do about a status that holds everything, or nothing. */
export function adviceFor(status: number): string {
  if (status === 401 || status === 403) return ': check LARAVEL_TOKEN and LARAVEL_WEBHOOK_SECRET'
  if (status === 419) return ': the routes belong into routes/api.php'
  if (status >= 300 && status < 400) return ': LARAVEL_URL must be the final address'
  return ''
}
