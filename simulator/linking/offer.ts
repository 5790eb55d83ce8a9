import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Registration } from '../accounts/account.ts'
import type { Connection } from '../protocol/connection.ts'

/** A registering socket that was given QR references; a pairing code may be asked for on it, too. */
export type PairingOffer = {
  connection: Connection
  registration: Registration
  state: 'live' | 'used' | 'expired'
  /** Called with the signed identity (or why there is none) once a phone scanned. */
  answered?: (answer: BinaryNode | Error) => void
}

/** What a registering socket asked for: to be linked to a phone number by a code that its user reads to the phone. */
export type CodeRequest = {
  offer: PairingOffer
  ref: Buffer
  /** The companion's ephemeral key, encrypted under the code. */
  wrapped: Buffer
  expired: boolean
}

/** Ends an offer whose socket went away: its references are expired from now on. */
export function withdrawOffer(offer: PairingOffer): void {
  if (offer.state === 'live') offer.state = 'expired'
  offer.answered?.(new Error('the socket that wants to be linked closed before pairing ended'))
}
