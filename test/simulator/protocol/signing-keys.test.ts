import { Curve, proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { makeServerIdentity } from '../../../simulator/protocol/certificates.ts'
import { generateSigningKeyPair, verifySignature } from '../../../simulator/protocol/signing-keys.ts'

const message = Buffer.from('what was signed')

describe('verifySignature', () => {
  it('accepts signatures by another implementation, whatever the sign bit of the key', () => {
    const signBits = new Set<number>()
    for (let i = 0; i < 16; i++) {
      const pair = Curve.generateKeyPair()
      const signature = Curve.sign(pair.private, message)
      signBits.add(signature[63]! & 0x80)
      expect(verifySignature(pair.public, message, signature)).toBe(true)
      expect(verifySignature(Buffer.concat([Buffer.from([5]), pair.public]), message, signature)).toBe(true)
    }
    expect(signBits.size).toBe(2)
  })

  it('refuses a wrong message, a wrong key, a zero signature and each flipped byte', () => {
    const pair = Curve.generateKeyPair()
    const signature = Buffer.from(Curve.sign(pair.private, message))
    expect(verifySignature(pair.public, Buffer.from('something else'), signature)).toBe(false)
    expect(verifySignature(Curve.generateKeyPair().public, message, signature)).toBe(false)
    expect(verifySignature(pair.public, message, Buffer.alloc(64))).toBe(false)
    for (const position of [0, 31, 32, 62, 63]) {
      const forged = Buffer.from(signature)
      forged[position]! ^= 1
      expect(verifySignature(pair.public, message, forged)).toBe(false)
    }
  })

  it('answers false for keys and signatures of the wrong size or outside the field', () => {
    const signature = Buffer.alloc(64, 1)
    expect(verifySignature(Buffer.alloc(31), message, signature)).toBe(false)
    expect(verifySignature(Buffer.alloc(32), message, Buffer.alloc(63))).toBe(false)
    expect(verifySignature(Buffer.alloc(32, 0xff), message, signature)).toBe(false)
  })
})

describe('generateSigningKeyPair', () => {
  it('signs what it and its private scalar can prove, and agrees on X25519 secrets', () => {
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
