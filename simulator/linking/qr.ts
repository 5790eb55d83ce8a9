import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device, Registration } from '../accounts/account.ts'
import type { Connection } from '../protocol/connection.ts'
import { SERVER, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import type { PairingOffer } from './offer.ts'
import { linkOrDemandPasskey } from './passkey/demand.ts'
import { refresh } from './refresh.ts'

/** What a QR begins with since 11 May 2026 (whatsmeow). */
const ADDRESS = 'https://wa.me/settings/linked_devices'
/** The client's kind: browsers and other web clients by number, a desktop program of macOS (whatsmeow, whatsapp-rust). */
const CLIENTS = /^[1-9c]$/
const REMEMBERED = 50_000

/** Hands a registering socket its QR references, of which a phone may scan any. */
export function offerPairing(world: World, connection: Connection, registration: Registration): PairingOffer {
  const offer: PairingOffer = {
    connection,
    registration,
    state: 'live',
    unacked: new Map(),
    voidSecrets: new Set(),
  }
  const refs: BinaryNode[] = []
  for (let i = 0; i < world.options.qrRefs; i++) {
    const ref = `2@${randomBytes(48).toString('base64')}`
    world.offers.set(ref, offer)
    refs.push(stanza('ref', {}, Buffer.from(ref)))
  }
  forgetOldest(world.offers)
  world.counters.registrations++
  world.counters.qrRefs += refs.length
  connection.send(
    stanza('iq', { from: SERVER, type: 'set', id: randomBytes(6).toString('hex'), xmlns: 'md' }, [
      stanza('pair-device', {}, refs),
    ]),
  )
  world.events.emit('qr', { refs: refs.length })
  return offer
}

/** References are remembered after their socket closed, so that a late scan is told why; only the oldest are forgotten. */
function forgetOldest(offers: World['offers']) {
  for (const ref of offers.keys()) {
    if (offers.size <= REMEMBERED) return
    offers.delete(ref)
  }
}

/**
 * What a phone does with the QR it sees: finds the socket that owns the reference, compares its keys, signs the device's
 * identity and waits for the device's own signature. Rejects with one sentence when any of it fails, and when the account's plan
 * makes the QR void: only what is drawn instead links then.
 */
export async function scan(world: World, account: Account, qr: string): Promise<Device> {
  const { offer, noise, identity, secret } = readQr(world, qr)
  const base64 = secret.toString('base64')
  const { registration } = offer
  if (!registration.noiseKey.equals(noise))
    throw new Error('the QR names another Noise key than its socket has')
  if (!registration.identity.equals(identity))
    throw new Error('the QR names another identity key than its socket has')
  if (offer.voidSecrets.has(base64)) throw new Error("couldn't link the device: this QR is void")
  const form = account.linking.onScan.shift()
  if (form !== undefined) refresh(offer, form)
  if (form) {
    offer.voidSecrets.add(base64)
    throw new Error("couldn't link the device: check your connection")
  }
  return linkOrDemandPasskey(world, account, offer, secret)
}

function readQr(world: World, qr: string) {
  const [url, fields = ''] = qr.split('#')
  const [ref, noise, identity, secret, client = ''] = fields.split(',')
  if (url !== ADDRESS || !ref || !noise || !identity || !secret || !CLIENTS.test(client))
    throw new Error('this is not a linking QR')
  const offer = world.offers.get(ref)
  if (!offer) throw new Error('no socket was given this QR reference')
  if (offer.state === 'used') throw new Error('this QR was already scanned')
  if (offer.state === 'expired' || !offer.connection.open)
    throw new Error('this QR has expired: its socket is gone')
  const decode = (text: string) => Buffer.from(text, 'base64')
  return { offer, noise: decode(noise), identity: decode(identity), secret: decode(secret) }
}
