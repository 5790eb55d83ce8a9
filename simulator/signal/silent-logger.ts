import type { UserFacingSocketConfig } from '@whiskeysockets/baileys'

/** A logger for Baileys that says nothing. */
export const silentLogger: NonNullable<UserFacingSocketConfig['logger']> = {
  level: 'silent',
  child: () => silentLogger,
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
}
