import type { SessionEvent } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import { hasTag, lineOf } from '../../../machines/session.state.ts'
import type { Logger } from '../../base/logger.ts'

/**
 * One line in the process' log whenever a session enters a state with another `description` in the chart (machines/session/): why, and
 * when it goes on by itself. Ids, codes and sentences of our own only; `at` in ms.
 */
export function logStateChange(
  logger: Logger,
  before: string | null,
  after: string,
  context: SessionContext,
  at: number,
): void {
  const { sessionId, reason, reasonText, retryAt } = context
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
    waitsForCode(after, context) ? 'session waits for its pairing code to be entered' : line.sentence,
  )
}

/** One line for what an operator must know and no state tells: a phone has linked the session, WhatsApp wants less of it. */
export function logNews(logger: Logger, sessionId: string, fact: SessionEvent): void {
  const about = { session_id: sessionId }
  if (fact.type === 'socket.paired') logger.info(about, 'a phone has linked the session')
  if (fact.type === 'reachOut.locked')
    logger.warn({ ...about, until: isoDate(fact.until) }, 'WhatsApp lets this session write to nobody new')
  if (fact.type === 'sends.slowed')
    logger.warn(
      { ...about, per_minute: fact.perMinute, until: isoDate(fact.until) },
      'WhatsApp takes too many messages for this session: they leave slower',
    )
}

const isoDate = (at: number) => new Date(at).toISOString()

/** Whether there is a code in the place of the QR that the chart speaks of. */
const waitsForCode = (state: string, { phoneNumber, reason }: SessionContext) =>
  phoneNumber !== undefined &&
  reason !== 'pairing_code_refused' &&
  hasTag(state, 'awaitsScan') &&
  !hasTag(state, 'awaitsPasskey')
