import type { SessionContext } from '../../../machines/session.context.ts'
import { lineOf } from '../../../machines/session.state.ts'
import type { Logger } from '../../base/logger.ts'

/**
 * One line in the process' log whenever a session enters a state with another `description` in the chart (machines/session/): why, and
 * when it goes on by itself. Ids, codes and sentences of our own only; `at` in ms.
 */
export function logStateChange(
  logger: Logger,
  before: string | null,
  after: string,
  { sessionId, reason, reasonText, retryAt }: SessionContext,
  at: number,
): void {
  const line = lineOf(after)
  if (line === null || (before !== null && lineOf(before)?.sentence === line.sentence)) return
  const retry_at = retryAt === null || retryAt <= at ? undefined : new Date(retryAt).toISOString()
  logger[line.warns ? 'warn' : 'info'](
    {
      session_id: sessionId,
      state: after,
      reason: reason ?? undefined,
      why: reasonText ?? undefined,
      retry_at,
    },
    line.sentence,
  )
}
