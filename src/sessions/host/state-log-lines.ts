import type { SessionContext } from '../../../machines/session.context.ts'
import type { Logger } from '../../base/logger.ts'

/** What an operator wants to read, by state; the longest prefix wins. */
const SENTENCES: [prefix: string, level: 'info' | 'warn', sentence: string][] = [
  ['starting', 'info', 'session connects'],
  ['awaitingQr.refused', 'warn', 'session shows no QR: Laravel says it is not active'],
  ['awaitingQr.expired', 'info', 'session waited for a scan that did not come'],
  ['awaitingQr', 'info', 'session waits for its QR to be scanned'],
  ['open.unlinking', 'info', 'session is being unlinked'],
  ['open', 'info', 'session is open'],
  ['reconnecting.suspended', 'warn', 'session is suspended: somebody must act'],
  ['reconnecting.hibernated', 'info', 'session sleeps until it is needed'],
  ['reconnecting', 'info', 'session lost its connection and comes back by itself'],
  ['loggedOut.banned', 'warn', 'session is closed by WhatsApp'],
  ['loggedOut', 'info', 'session is logged out'],
]

const chapterOf = (state: string) => SENTENCES.find(([prefix]) => state.startsWith(prefix))

/** One line of the log whenever a session enters another chapter of its life; ids and codes only. */
export function narrate(
  logger: Logger,
  before: string | null,
  after: string,
  { sessionId, reason, retryAt }: SessionContext,
): void {
  const chapter = chapterOf(after)
  if (chapter === undefined || (before !== null && chapterOf(before) === chapter)) return
  const [, level, sentence] = chapter
  const retry_at = retryAt === null ? undefined : new Date(retryAt).toISOString()
  logger[level]({ session_id: sessionId, state: after, reason: reason ?? undefined, retry_at }, sentence)
}
