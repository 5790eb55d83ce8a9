import type { RefreshForm } from '../accounts/linking-plan.ts'
import { stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import { notifyOffer, type PairingOffer } from './offer.ts'

const ACK_MS = 2_000

/** Tells a registering socket that the secret of its QR is void: it draws the same reference with another one. */
export function refresh(offer: PairingOffer, form: RefreshForm): void {
  notifyOffer(offer, 'companion_reg_refresh', form === null ? [] : [stanza(form)])
}

/** Resolves once the socket has acknowledged all it was told; rejects when it does not: nobody links it then. */
export async function acknowledged(world: World, offer: PairingOffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  offer.acknowledged = resolve
  world.later(ACK_MS, resolve)
  if (offer.unacked.size > 0) await promise
  delete offer.acknowledged
  const types = [...offer.unacked.values()].map(({ attrs }) => attrs.type)
  if (types.length > 0) throw new Error(`the socket did not acknowledge ${types.join(', ')}`)
}
