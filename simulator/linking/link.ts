import { createHmac, randomBytes } from 'node:crypto'
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { verifySignature } from '../../patches/libsignal-verify.ts'
import type { Account, Device } from '../accounts/account.ts'
import { bytesOf, child, SERVER, seconds, stanza } from '../protocol/stanza.ts'
import { tellDevice, type World } from '../world.ts'
import type { PairingOffer } from './offer.ts'

const ACCOUNT_PREFIX = Buffer.from([6, 0])
const DEVICE_PREFIX = Buffer.from([6, 1])
const ANSWER_MS = 10_000

/**
 * Links the device of a registering socket, once its keys are known to the phone: signs its identity under the secret that both
 * share, waits for the device's own signature, and tells it to reconnect (515).
 */
export async function link(
  world: World,
  account: Account,
  offer: PairingOffer,
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
export async function answerOf(world: World, offer: PairingOffer): Promise<BinaryNode> {
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
export function takePairingAnswer(offer: PairingOffer | undefined, iq: BinaryNode): boolean {
  const sign = child(iq, 'pair-device-sign')
  const error = iq.attrs.type === 'error' ? new Error('the device refused the pairing') : undefined
  const answer = sign ?? error
  if (!answer || !offer?.answered) return false
  offer.answered(answer)
  return true
}
