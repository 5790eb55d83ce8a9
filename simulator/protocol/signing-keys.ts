import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

/** What stands before the 32 raw bytes of a private X25519 key in PKCS #8 (RFC 8410). */
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** An X25519 key pair that can also sign (XEdDSA): both keys are 32 raw bytes. */
export type SigningKeyPair = { public: Buffer; private: Buffer; sign(message: Uint8Array): Buffer }

/**
 * Makes a key pair whose private half is an ordinary clamped X25519 scalar, yet signs at the speed of native Ed25519:
 * the scalar is the one that an Ed25519 seed expands to, so the seed's signatures are XEdDSA signatures once the sign bit is added.
 */
export function generateSigningKeyPair(): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const scalar = createHash('sha512').update(seed).digest().subarray(0, 32)
  scalar[0]! &= 0xf8
  scalar[31]! = (scalar[31]! & 0x7f) | 0x40
  const signBit = publicKey.export({ format: 'der', type: 'spki' }).at(-1)! & 0x80
  return {
    public: x25519Public(scalar),
    private: Buffer.from(scalar),
    sign(message) {
      const signature = sign(null, message, privateKey)
      signature[63]! |= signBit
      return signature
    },
  }
}

function x25519Public(scalar: Uint8Array): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([X25519_PKCS8, scalar]), format: 'der', type: 'pkcs8' })
  return Buffer.from(
    createPublicKey(key.export({ format: 'pem', type: 'pkcs8' }))
      .export({ format: 'der', type: 'spki' })
      .subarray(-32),
  )
}
