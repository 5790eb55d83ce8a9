/**
 * Baileys 7.0.0-rc14. Upstream: WhiskeySockets/Baileys pull request 1368 mended one case; others are open.
 *
 * Baileys starts work that it never awaits; where that rejects, Node ends the process and all its sessions with it. What belongs to
 * a listener of a socket is caught there (listener-rejections.ts); this is the last resort, once per process: one line in the log.
 *
 * It can go when Baileys awaits or catches all that it starts. No test can say so; the line in the log shows that it has not.
 * Applied in src/whatsapp/whatsapp.ts.
 */

import type { Logger } from 'pino'
import { areFaultsTrapped } from '../../base/faults.ts'
import { summaryOf } from '../error-summary.ts'

const TRAPPED = Symbol.for('whatsapp-manager.unhandled')

/** Logs a rejection that nobody awaited, in one line, instead of ending the process; once, and where nobody else does (src/main.ts). */
export function trapUnhandledRejections(logger: Logger): void {
  const trapped: typeof process & { [TRAPPED]?: true } = process
  if (trapped[TRAPPED] || areFaultsTrapped()) return
  process.on('unhandledRejection', reason => logger.error(summaryOf(reason), 'a rejection was not handled'))
  trapped[TRAPPED] = true
}
