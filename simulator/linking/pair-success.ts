import { createHmac, randomBytes } from 'node:crypto'
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import type { LinkingFault } from '../accounts/linking-plan.ts'
import { SERVER, seconds, stanza } from '../protocol/stanza.ts'

const ACCOUNT_PREFIX = Buffer.from([6, 0])

/**
 * The `pair-success` of a device that is being linked: its identity, signed by the phone and sealed with the secret that both know,
 * and what WhatsApp may put beside it (WhatsApp Web). `details` is what the device has to sign, too.
 */
export function pairSuccess(
  { account, jid, lidJid, id, registration }: Device,
  secret: Uint8Array,
  fault: LinkingFault | undefined,
): { details: Uint8Array; node: BinaryNode } {
  const phone = account.signal.identity
  const details = proto.ADVDeviceIdentity.encode({
    rawId: account.signal.registrationId,
    timestamp: seconds(),
    keyIndex: id,
    accountType: proto.ADVEncryptionType.E2EE,
    deviceType: proto.ADVEncryptionType.E2EE,
  }).finish()
  const signature = phone.sign(Buffer.concat([ACCOUNT_PREFIX, details, registration.identity]))
  if (fault === 'signature') signature[0]! ^= 1
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: phone.public,
    accountSignature: signature,
  }).finish()
  const hmac = createHmac('sha256', fault === 'hmac' ? randomBytes(32) : secret)
    .update(signed)
    .digest()
  const sealed = proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac }).finish()
  const props = proto.ClientPairingProps.encode({ isChatDbLidMigrated: account.migrated }).finish()
  const node = stanza('iq', { from: SERVER, type: 'set', id: randomBytes(6).toString('hex'), t: seconds() }, [
    stanza('pair-success', {}, [
      ...(fault === 'incomplete' ? [] : [stanza('device-identity', {}, sealed)]),
      stanza('platform', { name: 'android' }),
      stanza('device', { jid, lid: lidJid }),
      stanza('client-props', {}, props),
      stanza('jurisdiction', { value: 'ES' }),
      stanza('companion_recovery_server_token', {}, randomBytes(32)),
      stanza('encryption-metadata', {}, randomBytes(16)),
    ]),
  ])
  return { details, node }
}
