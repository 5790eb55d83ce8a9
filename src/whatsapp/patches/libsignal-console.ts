import type { Logger } from 'pino'

const TRAPPED = Symbol.for('whatsapp-manager.console')
const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const

/**
 * Silences the global console, once per process; must run before Baileys is used, because libsignal prints whole sessions,
 * private keys included. What was printed is dropped; a debug line says that something was, never what.
 */
export function trapConsole(logger: Logger): void {
  const trapped: typeof console & { [TRAPPED]?: true } = console
  if (trapped[TRAPPED]) return
  for (const method of METHODS) {
    trapped[method] = () => logger.debug({ method }, 'a library printed to the console; dropped')
  }
  trapped[TRAPPED] = true
}
