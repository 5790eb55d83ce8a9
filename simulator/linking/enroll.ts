import { randomBytes, randomInt } from 'node:crypto'
import { type AuthenticationCreds, Curve, generateSignalPubKey, proto } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { generateSigningKeyPair } from '../protocol/signing-keys.ts'
import { seconds } from '../protocol/stanza.ts'
import { tellDevice, type World } from '../world.ts'

/** A device linked without a socket: the device, and the credentials a client logs in with as if it had been paired. */
export type Enrolled = { device: Device; creds: AuthenticationCreds }

/** Links a device to an account without QR or socket. Its history counts as received. */
export function enroll(world: World, account: Account): Enrolled {
  const identity = generateSigningKeyPair()
  const noiseKey = Curve.generateKeyPair()
  const preKey = Curve.generateKeyPair()
  const signature = identity.sign(generateSignalPubKey(preKey.public))
  const registrationId = randomInt(1, 16_380)
  const device = account.link(
    {
      noiseKey: Buffer.from(noiseKey.public),
      identity: identity.public,
      registrationId,
      signedPreKey: { id: 1, public: preKey.public, signature },
    },
    world.options.preKeysOnServer,
  )
  device.historySent = true
  const phone = account.signal.identity
  const details = proto.ADVDeviceIdentity.encode({
    rawId: account.signal.registrationId,
    timestamp: seconds(),
    keyIndex: device.id,
  }).finish()
  const signedByPhone = phone.sign(Buffer.concat([Buffer.from([6, 0]), details, identity.public]))
  const signedByDevice = identity.sign(
    Buffer.concat([Buffer.from([6, 1]), details, identity.public, phone.public]),
  )
  tellDevice(world, device, 'linked')
  const creds: AuthenticationCreds = {
    noiseKey,
    pairingEphemeralKeyPair: Curve.generateKeyPair(),
    signedIdentityKey: { public: identity.public, private: identity.private },
    signedPreKey: { keyPair: preKey, signature, keyId: 1 },
    registrationId,
    advSecretKey: randomBytes(32).toString('base64'),
    me: { id: device.jid, lid: device.lidJid, name: account.name },
    account: {
      details,
      accountSignatureKey: phone.public,
      accountSignature: signedByPhone,
      deviceSignature: signedByDevice,
    },
    signalIdentities: [
      { identifier: { name: device.lidJid, deviceId: 0 }, identifierKey: generateSignalPubKey(phone.public) },
    ],
    platform: 'android',
    processedHistoryMessages: [],
    nextPreKeyId: 1,
    firstUnuploadedPreKeyId: 1,
    accountSyncCounter: 1,
    accountSettings: { unarchiveChats: false },
    registered: false,
    pairingCode: undefined,
    lastPropHash: undefined,
    routingInfo: undefined,
    additionalData: undefined,
  }
  return { device, creds }
}
