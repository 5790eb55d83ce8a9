import { Curve, proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { verifySignature } from '../../../patches/libsignal-verify.ts'
import { makeServerIdentity } from '../../../simulator/protocol/certificates.ts'
import { generateSigningKeyPair } from '../../../simulator/protocol/signing-keys.ts'

const message = Buffer.from('what was signed')

describe('generateSigningKeyPair', () => {
  it('signs like any holder of its private key, and agrees on X25519 secrets', () => {
    for (let i = 0; i < 8; i++) {
      const pair = generateSigningKeyPair()
      const other = Curve.generateKeyPair()
      expect(verifySignature(pair.public, message, pair.sign(message))).toBe(true)
      expect(verifySignature(pair.public, message, Curve.sign(pair.private, message))).toBe(true)
      const ours = Curve.sharedKey(pair.private, other.public)
      expect(ours.equals(Curve.sharedKey(other.private, pair.public))).toBe(true)
    }
  })
})

describe('makeServerIdentity', () => {
  it('makes a chain from the root key to the static key', () => {
    const { Details } = proto.CertChain.NoiseCertificate
    const identity = makeServerIdentity()
    const { intermediate, leaf } = proto.CertChain.decode(identity.chain)
    const upper = Details.decode(intermediate!.details!)
    expect(upper.issuerSerial).toBe(0)
    expect(verifySignature(identity.rootKey, intermediate!.details!, intermediate!.signature!)).toBe(true)
    expect(verifySignature(upper.key!, leaf!.details!, leaf!.signature!)).toBe(true)
    expect(Buffer.from(Details.decode(leaf!.details!).key!).equals(identity.static.public)).toBe(true)
    expect(
      verifySignature(makeServerIdentity().rootKey, intermediate!.details!, intermediate!.signature!),
    ).toBe(false)
  })
})
