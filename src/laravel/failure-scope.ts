/** What a failed delivery holds back. */
export type FailureScope =
  /** Laravel refuses this content: a few tries, then a dead letter, and the lane goes on. */
  | 'message'
  /** Laravel does not know this address or session: the lane waits, others go on. */
  | 'lane'
  /** Laravel cannot take anything now: all lanes wait for one probe. */
  | 'endpoint'
  /** The endpoint, unless it takes others: then this content breaks it, and its lane alone waits. */
  | 'unclear'

/** What an answer that is not 2xx holds back. */
export function failureScopeOf(status: number): FailureScope {
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
