/**
 * libsignal 6.0.0. Upstream: https://github.com/WhiskeySockets/libsignal-node/issues/1, open; WhiskeySockets/Baileys issues
 * 888 and 2098 were closed without a change.
 *
 * libsignal prints whole sessions to the console, private keys included. The global console is silenced once per process, before
 * libsignal is used; what was printed is dropped, and `onPrint` is told the method, never the text.
 *
 * It can go when libsignal prints no sessions: test/patches/libsignal-console.test.ts then fails.
 * Applied in src/whatsapp/whatsapp.ts.
 */

const SILENCED = Symbol.for('whatsapp-manager.console')
const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const

/** Silences the global console, once per process; `onPrint` is told the method, never the text. */
export function silenceConsole(onPrint: (method: string) => void = () => {}): void {
  const silenced: typeof console & { [SILENCED]?: true } = console
  if (silenced[SILENCED]) return
  for (const method of METHODS) silenced[method] = () => onPrint(method)
  silenced[SILENCED] = true
}
