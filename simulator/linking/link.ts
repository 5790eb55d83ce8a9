import { createHmac, randomBytes } from 'node:crypto'
import { type BinaryNode, generateSignalPubKey, proto } from '@whiskeysockets/baileys'
import type { Account, Device, Registration } from '../accounts/account.ts'
import type { Connection } from '../protocol/connection.ts'
import { verifySignature } from '../protocol/signing-keys.ts'
import { bytesOf, child, SERVER, seconds, stanza } from '../protocol/stanza.ts'
import { tellDevice, type World } from '../world.ts'

const ACCOUNT_PREFIX = Buffer.from([6, 0])
const REMEMBERED = 50_000
const ANSWER_MS = 10_000
const DEVICE_PREFIX = Buffer.from([6, 1])

/** The QR references of one registering socket. */
export type Offer = {
  connection: Connection
  registration: Registration
  state: 'live' | 'used' | 'expired'
  /** Called with the signed identity (or why there is none) once a phone scanned. */
  answered?: (answer: BinaryNode | Error) => void
}

/** Reads what a client registers with and checks its signed pre-key. Throws when a field is missing or the signature is wrong. */
export function readRegistration(
  noiseKey: Buffer,
  data: proto.ClientPayload.IDevicePairingRegistrationData,
): Registration {
  const { eIdent, eRegid, eSkeyId, eSkeyVal, eSkeySig } = data
  if (!eIdent || !eRegid || !eSkeyId || !eSkeyVal || !eSkeySig) throw new Error('registration incomplete')
  if (!verifySignature(eIdent, generateSignalPubKey(eSkeyVal), eSkeySig))
    throw new Error('signed pre-key not signed')
  return {
    noiseKey,
    identity: Buffer.from(eIdent),
    registrationId: Buffer.from(eRegid).readUInt32BE(0),
    signedPreKey: { id: Buffer.from(eSkeyId).readUIntBE(0, 3), public: eSkeyVal, signature: eSkeySig },
  }
}

/** Hands a registering socket its QR references. */
export function offerPairing(world: World, connection: Connection, registration: Registration): void {
  const offer: Offer = { connection, registration, state: 'live' }
  const refs: BinaryNode[] = []
  for (let i = 0; i < world.options.qrRefs; i++) {
    const ref = `2@${randomBytes(48).toString('base64')}`
    world.offers.set(ref, offer)
    refs.push(stanza('ref', {}, Buffer.from(ref)))
  }
  connection.offer = offer
  prune(world.offers)
  world.counters.registrations++
  world.counters.qrRefs += refs.length
  connection.send(
    stanza('iq', { from: SERVER, type: 'set', id: randomBytes(6).toString('hex'), xmlns: 'md' }, [
      stanza('pair-device', {}, refs),
    ]),
  )
  world.events.emit('qr', { refs: refs.length })
}

/** References are remembered after their socket closed, so that a late scan is told why; only the oldest are forgotten. */
function prune(offers: World['offers']) {
  for (const ref of offers.keys()) {
    if (offers.size <= REMEMBERED) return
    offers.delete(ref)
  }
}

/** Ends an offer whose socket went away: its references are expired from now on. */
export function withdrawOffer(offer: Offer): void {
  if (offer.state === 'live') offer.state = 'expired'
  offer.answered?.(new Error('the socket that wants to be linked closed before pairing ended'))
}

/**
 * What a phone does with the QR it sees: finds the socket that owns the reference, compares its keys, signs the device's
 * identity and waits for the device's own signature. Rejects with one sentence when any of it fails.
 */
export async function scan(world: World, account: Account, qr: string): Promise<Device> {
  const { offer, noise, identity, secret } = readQr(world, qr)
  const { registration } = offer
  if (!registration.noiseKey.equals(noise))
    throw new Error('the QR names another Noise key than its socket has')
  if (!registration.identity.equals(identity))
    throw new Error('the QR names another identity key than its socket has')
  return link(world, account, offer, secret)
}

/**
 * Links the device of a registering socket, once its keys are known to the phone: signs its identity under the secret that both
 * share, waits for the device's own signature, and tells it to reconnect (515).
 */
export async function link(
  world: World,
  account: Account,
  offer: Offer,
  secret: Uint8Array,
): Promise<Device> {
  const { connection, registration } = offer
  offer.state = 'used'
  const device = account.link(registration, world.options.preKeysOnServer)
  const phone = account.signal.identity
  const details = proto.ADVDeviceIdentity.encode({
    rawId: account.signal.registrationId,
    timestamp: seconds(),
    keyIndex: device.id,
    accountType: proto.ADVEncryptionType.E2EE,
    deviceType: proto.ADVEncryptionType.E2EE,
  }).finish()
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: phone.public,
    accountSignature: phone.sign(Buffer.concat([ACCOUNT_PREFIX, details, registration.identity])),
  }).finish()
  const hmac = createHmac('sha256', secret).update(signed).digest()
  const identityNode = proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac }).finish()

  try {
    const answered = answerOf(world, offer)
    connection.send(
      stanza('iq', { from: SERVER, type: 'set', id: randomBytes(6).toString('hex'), t: seconds() }, [
        stanza('pair-success', {}, [
          stanza('device-identity', {}, identityNode),
          stanza('platform', { name: 'android' }),
          stanza('device', { jid: device.jid, lid: device.lidJid }),
        ]),
      ]),
    )
    const reply = await answered
    const { deviceSignature } = proto.ADVSignedDeviceIdentity.decode(bytesOf(reply, 'device-identity'))
    const message = Buffer.concat([DEVICE_PREFIX, details, registration.identity, phone.public])
    if (!deviceSignature || !verifySignature(registration.identity, message, deviceSignature)) {
      throw new Error('the device did not sign its identity')
    }
  } catch (error) {
    account.remove(device)
    connection.end()
    throw error
  }
  world.events.emit('qrScanned', { account: account.pn, device: device.jid })
  tellDevice(world, device, 'linked')
  connection.endWithStreamError('515')
  return device
}

/** What the device of an offer answers next; rejects when it refuses, goes away, or says nothing for long. */
export async function answerOf(world: World, offer: Offer): Promise<BinaryNode> {
  try {
    return await new Promise<BinaryNode>((resolve, reject) => {
      offer.answered = answer => (answer instanceof Error ? reject(answer) : resolve(answer))
      world.later(ANSWER_MS, () => reject(new Error('the socket that wants to be linked did not answer')))
    })
  } finally {
    delete offer.answered
  }
}

/** Takes the device's answer to `pair-success`; false when the iq is something else. */
export function takePairingAnswer(connection: Connection, iq: BinaryNode): boolean {
  const sign = child(iq, 'pair-device-sign')
  const error = iq.attrs.type === 'error' ? new Error('the device refused the pairing') : undefined
  const answer = sign ?? error
  if (!answer || !connection.offer?.answered) return false
  connection.offer.answered(answer)
  return true
}

function readQr(world: World, qr: string) {
  const [ref, noise, identity, secret] = qr.slice(qr.indexOf('#') + 1).split(',')
  if (!ref || !noise || !identity || !secret) throw new Error('this is not a linking QR')
  const offer = world.offers.get(ref)
  if (!offer) throw new Error('no socket was given this QR reference')
  if (offer.state === 'used') throw new Error('this QR was already scanned')
  if (offer.state === 'expired' || !offer.connection.open)
    throw new Error('this QR has expired: its socket is gone')
  const decode = (text: string) => Buffer.from(text, 'base64')
  return { offer, noise: decode(noise), identity: decode(identity), secret: decode(secret) }
}
