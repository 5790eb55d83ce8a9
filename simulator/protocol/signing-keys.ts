import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'

const P = 2n ** 255n - 19n
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** An X25519 key pair that can also sign (XEdDSA): both keys are 32 raw bytes. */
export type SigningKeyPair = { public: Buffer; private: Buffer; sign(message: Uint8Array): Buffer }

/**
 * Checks an XEdDSA signature: `publicKey` is the 32-byte Montgomery key (a leading 0x05 is skipped), `signature` 64 bytes.
 * The Edwards key is y = (u-1)/(u+1) with the sign bit carried in bit 7 of the signature's last byte
 * (https://signal.org/docs/specifications/xeddsa/). Never throws: malformed input is false.
 */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const montgomery = publicKey.length === 33 ? publicKey.subarray(1) : publicKey
  if (montgomery.length !== 32 || signature.length !== 64) return false
  const u = fromLittleEndian(montgomery) & (2n ** 255n - 1n)
  if (u >= P || u === P - 1n) return false
  const edwards = toLittleEndian((mod(u - 1n) * invert(u + 1n)) % P)
  edwards[31]! |= signature[63]! & 0x80
  const plain = Buffer.from(signature)
  plain[63]! &= 0x7f
  try {
    const key = createPublicKey({ key: Buffer.concat([ED25519_SPKI, edwards]), format: 'der', type: 'spki' })
    return verify(null, message, key, plain)
  } catch {
    return false
  }
}

/**
 * Makes a key pair whose private half is an ordinary clamped X25519 scalar, yet signs at the speed of native Ed25519:
 * the scalar is the one that an Ed25519 seed expands to, so the seed's signatures are XEdDSA signatures once the sign bit is added.
 */
export function generateSigningKeyPair(): SigningKeyPair {
  const { privateKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const edwards = createPublicKey(createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })))
    .export({ format: 'der', type: 'spki' })
    .subarray(-32)
  const scalar = createHash('sha512').update(seed).digest().subarray(0, 32)
  scalar[0]! &= 0xf8
  scalar[31]! = (scalar[31]! & 0x7f) | 0x40
  const signBit = edwards[31]! & 0x80
  const y = fromLittleEndian(edwards) & (2n ** 255n - 1n)
  return {
    public: toLittleEndian((mod(1n + y) * invert(1n - y)) % P),
    private: Buffer.from(scalar),
    sign(message) {
      const signature = sign(null, message, privateKey)
      signature[63]! |= signBit
      return signature
    },
  }
}

const mod = (n: bigint) => ((n % P) + P) % P

function invert(n: bigint): bigint {
  let [a, b, x, y] = [mod(n), P, 1n, 0n]
  while (a > 1n) {
    const quotient = b / a
    ;[a, b] = [b % a, a]
    ;[x, y] = [y - quotient * x, x]
  }
  return mod(x)
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

function toLittleEndian(n: bigint): Buffer {
  return Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse()
}
