import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Registration } from '../accounts/account.ts'
import type { Connection } from '../protocol/connection.ts'
import { SERVER, seconds, stanza } from '../protocol/stanza.ts'
import type { PasskeyInProgress } from './passkey/in-progress.ts'

/** A registering socket that was given QR references; a pairing code may be asked for on it, too. */
export type PairingOffer = {
  connection: Connection
  registration: Registration
  state: 'live' | 'used' | 'expired'
  /** Notifications it did not acknowledge yet, by id. */
  unacked: Map<string, BinaryNode>
  /** The passkey that is demanded before it is linked. */
  passkey?: PasskeyInProgress
  /** Called when it has acknowledged all of them. */
  acknowledged?: () => void
  /** Secrets (base64) of QRs that were scanned and made void. */
  voidSecrets: Set<string>
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
  /** How often a phone tried it. */
  hellos: number
}

/** Ends an offer whose socket went away: its references are expired from now on. */
export function withdrawOffer(offer: PairingOffer): void {
  if (offer.state === 'live') offer.state = 'expired'
  const reason = new Error('the socket that wants to be linked closed before pairing ended')
  offer.answered?.(reason)
  offer.passkey?.end(reason)
}

/** Sends a notification to a socket that is not linked yet; it must be acknowledged like any other. Returns its id. */
export function notifyOffer(offer: PairingOffer, type: string, content?: BinaryNode[]): string {
  const id = randomBytes(8).toString('hex')
  const node = stanza('notification', { from: SERVER, type, id, t: seconds() }, content)
  if (offer.connection.send(node)) offer.unacked.set(id, node)
  return id
}

/** Takes the acknowledgement of such a notification; false when it names none, or names it wrongly. */
export function takeOfferAck(offer: PairingOffer, { attrs }: BinaryNode): boolean {
  const { attrs: due } = offer.unacked.get(attrs.id ?? '') ?? {}
  if (!due || attrs.class !== 'notification' || attrs.error) return false
  if (attrs.to !== due.from || attrs.type !== due.type) return false
  offer.unacked.delete(attrs.id!)
  if (offer.unacked.size === 0) offer.acknowledged?.()
  return true
}
