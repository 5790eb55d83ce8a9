import type { Logger } from 'pino'

const SILENCED = Symbol.for('whatsapp-manager.console')
const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const

/**
 * libsignal 6.0.0. Upstream: WhiskeySockets/Baileys issues 888 and 2098, both closed without a change.
 *
 * libsignal prints whole sessions to the console, private keys included. The global console is silenced once per process, before
 * Baileys is used; what was printed is dropped, and a debug line says that something was, never what.
 *
 * It can go when libsignal prints no sessions: test/whatsapp/patches/libsignal-console.test.ts then fails.
 */
export function silenceConsole(logger: Logger): void {
  const silenced: typeof console & { [SILENCED]?: true } = console
  if (silenced[SILENCED]) return
  for (const method of METHODS) {
    silenced[method] = () => logger.debug({ method }, 'a library printed to the console; dropped')
  }
  silenced[SILENCED] = true
}
