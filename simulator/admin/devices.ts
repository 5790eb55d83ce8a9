import type { Device } from '../accounts/account.ts'

/** What is told of a linked device. */
export function deviceLine({
  jid,
  lidJid,
  online,
  logins,
  pending,
  noiseKey,
  preKeys,
  presence,
  dirty,
}: Device) {
  const device = { jid, lid: lidJid, online, logins, pending, noiseKey, preKeys: preKeys.length, presence }
  return { ...device, dirty: [...dirty.keys()] }
}
