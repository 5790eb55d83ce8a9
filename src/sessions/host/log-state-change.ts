import type { SessionContext } from '../../../machines/session.context.ts'
import { lineOf } from '../../../machines/session.state.ts'
import type { Logger } from '../../base/logger.ts'

/** One line in the process' log whenever a session enters a state with another `description` in the chart (machines/session/); ids and codes only. */
export function logStateChange(
  logger: Logger,
  before: string | null,
  after: string,
  { sessionId, reason, retryAt }: SessionContext,
): void {
  const line = lineOf(after)
  if (line === null || (before !== null && lineOf(before)?.sentence === line.sentence)) return
  const retry_at = retryAt === null ? undefined : new Date(retryAt).toISOString()
  logger[line.warns ? 'warn' : 'info'](
    { session_id: sessionId, state: after, reason: reason ?? undefined, retry_at },
    line.sentence,
  )
}
