import type { Device } from '../accounts/account.ts'
import type { PairingOffer } from '../linking/offer.ts'
import type { Connection } from '../protocol/connection.ts'

/** A connection and who is behind it: nobody yet, a socket that wants to be linked, or a linked device. */
export type Client = {
  readonly connection: Connection
  /** The linked device that logged in here. */
  device: Device | undefined
  /** The QR references it was given while registering. */
  offer: PairingOffer | undefined
}
