import type { Device } from '../accounts/account.ts'

/** What is told of a linked device. */
export function deviceLine({ jid, lidJid, online, logins, pending, noiseKey, preKeys }: Device) {
  return { jid, lid: lidJid, online, logins, pending, noiseKey, preKeys: preKeys.length }
}
