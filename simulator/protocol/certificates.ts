import { Curve, type KeyPair, proto } from '@whiskeysockets/baileys'
import { generateSigningKeyPair } from './signing-keys.ts'

const { CertChain } = proto
const { Details } = CertChain.NoiseCertificate

/** The server's Noise identity: its static key, the root key clients must trust, and the encoded chain between them. */
export type ServerIdentity = { static: KeyPair; rootKey: Buffer; chain: Uint8Array }

/** Makes a root, an intermediate (serial 1, issued by serial 0) and a leaf over the static key; made once per server. */
export function makeServerIdentity(): ServerIdentity {
  const root = generateSigningKeyPair()
  const intermediate = generateSigningKeyPair()
  const serverStatic = Curve.generateKeyPair()
  const notBefore = 1_600_000_000
  const notAfter = 4_000_000_000
  const upper = Details.encode({
    serial: 1,
    issuerSerial: 0,
    key: intermediate.public,
    notBefore,
    notAfter,
  }).finish()
  const lower = Details.encode({
    serial: 2,
    issuerSerial: 1,
    key: serverStatic.public,
    notBefore,
    notAfter,
  }).finish()
  const chain = CertChain.encode({
    intermediate: { details: upper, signature: root.sign(upper) },
    leaf: { details: lower, signature: intermediate.sign(lower) },
  }).finish()
  return { static: serverStatic, rootKey: root.public, chain }
}
