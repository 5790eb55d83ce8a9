import type { Logger } from 'pino'

const TRAPPED = Symbol.for('whatsapp-manager.unhandled')

/**
 * The last resort against rejections that nobody awaits, once per process: one line instead of the end of all sessions.
 * What belongs to a socket is caught at that socket (socket.ts); the rest is Baileys' own fire and forget.
 */
export function trapUnhandledRejections(logger: Logger): void {
  const trapped: typeof process & { [TRAPPED]?: true } = process
  if (trapped[TRAPPED]) return
  process.on('unhandledRejection', reason => logger.error(origin(reason), 'a rejection was not handled'))
  trapped[TRAPPED] = true
}

/** Kind and place of an error, without its message: that may quote data. */
export function origin(error: unknown): { error: string; code?: string | number; at?: string } {
  if (!(error instanceof Error)) return { error: typeof error }
  const at = error.stack?.match(/^\s+at .*$/m)?.[0].trim()
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : null
  return { error: error.name, ...(code !== null && { code }), ...(at !== undefined && { at }) }
}
