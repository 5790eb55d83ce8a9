import type { Account, Device } from '../../accounts/account.ts'
import type { World } from '../../world.ts'
import { link } from '../link.ts'
import type { PairingOffer } from '../offer.ts'
import { Authenticator } from './authenticator.ts'
import { PasskeyCeremony } from './ceremony.ts'

/** Links a device whose QR was scanned or whose code was entered; first a passkey is demanded, if that is so for the account. */
export function linkOrDemandPasskey(
  world: World,
  account: Account,
  offer: PairingOffer,
  secret: Uint8Array,
): Promise<Device> {
  const { passkey: demand } = account
  if (!demand) return link(world, account, offer, secret)
  offer.passkey?.end(new Error('it was scanned again'))
  const authenticator = authenticatorOf(world, account)
  const ceremony = new PasskeyCeremony({ world, account, authenticator, offer, demand, secret })
  offer.passkey = ceremony
  world.passkeys.set(account, ceremony)
  return ceremony.linked
}

/** The passkey of the phone's owner; made on first use. */
export function authenticatorOf(world: World, account: Account): Authenticator {
  const authenticator = world.authenticators.get(account) ?? new Authenticator()
  world.authenticators.set(account, authenticator)
  return authenticator
}
