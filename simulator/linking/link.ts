import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { verifySignature } from '../../patches/libsignal-verify.ts'
import type { Account, Device } from '../accounts/account.ts'
import { bytesOf, child, seconds, stanza } from '../protocol/stanza.ts'
import { tellDevice, type World } from '../world.ts'
import type { PairingOffer } from './offer.ts'
import { pairSuccess } from './pair-success.ts'
import { acknowledged } from './refresh.ts'

const DEVICE_PREFIX = Buffer.from([6, 1])
const ANSWER_MS = 10_000

/**
 * Links the device of a registering socket, once its keys are known to the phone and it has acknowledged all it was told: signs its
 * identity under the secret that both share, waits for the device's own signature, and tells it to reconnect (515). Rejects with one
 * sentence when the device refuses, and links nothing then.
 */
export async function link(
  world: World,
  account: Account,
  offer: PairingOffer,
  secret: Uint8Array,
): Promise<Device> {
  await acknowledged(world, offer)
  if (offer.state !== 'live') throw new Error('this socket is not to be linked any more')
  offer.state = 'used'
  const { connection, registration } = offer
  if (account.linking.faults[0] === 'early-success') {
    account.linking.faults.shift()
    connection.send(stanza('success', { t: seconds(), props: 27, lid: account.lidJid }))
  }
  const device = account.link(registration, world.options.preKeysOnServer)
  try {
    const answered = answerOf(world, offer)
    const { details, node } = pairSuccess(device, secret, account.linking.faults.shift())
    connection.send(node)
    const reply = await answered
    const { deviceSignature } = proto.ADVSignedDeviceIdentity.decode(bytesOf(reply, 'device-identity'))
    const message = Buffer.concat([
      DEVICE_PREFIX,
      details,
      registration.identity,
      account.signal.identity.public,
    ])
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
  const { code, text } = child(iq, 'error')?.attrs ?? {}
  const error =
    iq.attrs.type === 'error' ? new Error(`the device refused the pairing: ${code} ${text}`) : undefined
  const answer = sign ?? error
  if (!answer || !offer?.answered) return false
  offer.answered(answer)
  return true
}
