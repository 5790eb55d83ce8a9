/**
 * Library: libsignal 6.0.0. Upstream issue: https://github.com/WhiskeySockets/libsignal-node/issues/1 (open).
 * What goes wrong: it prints whole sessions, private keys included, through the global console, and nothing turns that off.
 * Can be dropped when it prints no more: test/patches/libsignal-console.test.ts fails then.
 */

const METHODS = ['log', 'info', 'warn', 'error', 'debug'] as const

/** Drops what is printed through the global console, for programs of their own that say what they have to say on stdout and stderr. */
export function silenceConsole(): void {
  const silenced: typeof console = console
  for (const method of METHODS) silenced[method] = () => {}
}
