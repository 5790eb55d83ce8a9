/** Whose fault a failed delivery is. */
export type FailureScope =
  /** Laravel refuses this content: a few tries, then a dead letter, and the lane goes on. */
  | 'message'
  /** This content, this session or the whole route: its lane waits, and what the others get tells which. */
  | 'unclear'

/** Whose fault an answer is that is not 2xx. */
export function failureScopeOf(status: number): FailureScope {
  switch (status) {
    case 401: // no or wrong token
    case 402:
    case 403:
    case 404: // no such route, or no such session
    case 405: // the route exists for another method only: not an API route
    case 406:
    case 407:
    case 408:
    case 410:
    case 411:
    case 415:
    case 419: // Laravel's CSRF check: the route is not in routes/api.php
    case 421:
    case 425:
    case 426:
    case 429:
      return 'unclear'
    default:
      return status >= 400 && status < 500 ? 'message' : 'unclear'
  }
}

/**
 * Whether one content, or one session, may be answered so by a route that works: what a FormRequest's `authorize()`, a policy or
 * `firstOrFail()` says. Of a route that has taken something before it is taken for that.
 */
export function maySayOfOne(status: number | null): boolean {
  if (status === null) return false
  return (status >= 300 && status < 400) || [402, 403, 404, 410].includes(status)
}
