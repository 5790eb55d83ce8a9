import type { Device } from '../accounts/account.ts'
import type { SeededRandom } from '../seeded-random.ts'

/** Whom a fault means: one device (its jid), the devices of an account (its phone number), or all when neither is given. */
export type Selection = {
  device?: string
  account?: string
  /** Which part of those that it means it strikes, from 0 to 1; who they are, the seed decides. */
  share?: number
}

/** True when a fault names this device, or nobody. */
export function concerns({ device: jid, account }: Selection, device: Device | undefined): boolean {
  if (jid) return device?.jid === jid || device?.lidJid === jid
  if (account) return device?.account.pn === account
  return true
}

/** True when a fault, the `n`th of a run, strikes this device: it is meant, and the seed does not spare it. */
export function strikes(
  { share = 1, ...selection }: Selection,
  n: number,
  device: Device | undefined,
  random: SeededRandom,
): boolean {
  return concerns(selection, device) && (share >= 1 || random.share('struck', n, device?.jid ?? '') < share)
}
