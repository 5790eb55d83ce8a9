import { generateSignalPubKey, type proto } from '@whiskeysockets/baileys'
import { verifySignature } from '../../patches/libsignal-verify.ts'
import type { Registration } from '../accounts/account.ts'

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
