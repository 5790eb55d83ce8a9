import type { DeliveryKind } from '../ports/delivery-table.ts'
import { type Finding, findingOf } from './answers/finding.ts'
import { pageFinding } from './answers/page-finding.ts'
import type { HttpResult } from './exchange.ts'
import { type FailureScope, failureScopeOf } from './failure-scope.ts'
import { retryAfter } from './retry-schedule.ts'

/** What came of one attempt to deliver. */
export type Attempt =
  | { result: 'accepted'; status?: number }
  /** We ended it; Laravel may or may not have seen it. */
  | { result: 'aborted' }
  | {
      result: 'failed'
      scope: FailureScope
      /** `HTTP 500`, `timeout after 15 s` or the system's code. */
      error: string
      status: number | null
      /** What mends it, where the answer says more than its status. */
      finding?: Finding | null
      /** When the answer allows the next attempt; null if it does not say. */
      retryAt: number | null
    }

/** `now` is the clock's time, `wall` the time of day, by which a Retry-After date is read. */
export function attemptOf(result: HttpResult, now: number, wall: number): Attempt {
  const error = describeFailure(result)
  if (result.status !== null) {
    if (isAccepted(result)) return { result: 'accepted', status: result.status }
    const { status } = result
    const retryAt = retryAfter(result.retryAfter, now, wall)
    const finding = findingOf(result)
    return { result: 'failed', scope: failureScopeOf(status), error, status, finding, retryAt }
  }
  if (result.failure === 'aborted') return { result: 'aborted' }
  return { result: 'failed', scope: 'unclear', error, status: null, retryAt: null }
}

/** Success is 2xx and nothing else. */
export function isAccepted(result: HttpResult): boolean {
  return result.status !== null && result.status >= 200 && result.status < 300
}

export function describeFailure(result: HttpResult): string {
  return result.status === null ? result.detail : `HTTP ${result.status}`
}

/** What is wrong with a 2xx that is a web page; what was received can be had again. */
export function pageThatTook(kind: DeliveryKind, result: HttpResult): Finding | null {
  const page = pageFinding(result)
  if (page === null || kind !== 'messages') return page
  const again =
    'a 2xx counts as taken, so POST /sessions/{id}/replay what came since then once that is mended'
  return { ...page, mend: `${page.mend}; ${again}` }
}
