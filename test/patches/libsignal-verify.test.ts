import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Curve } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { verifySignature } from '../../patches/libsignal-verify.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

/** Signal's own vector: `testSignature` in the Curve25519Test of libsignal-protocol. */
const PUBLIC = hex('05ab7e717d4a163b7d9a1d8071dfe9dcf8cdcd1cea3339b6356be84d887e322c64')
const MESSAGE = hex('05edce9d9c415ca78cb7252e72c2c4a554d3eb29485a0e1d503118d1a82d99fb4a')
const SIGNATURE = hex(
  '5de88ca9a89b4a115da79109c67c9c7464a3e4180274f1cb8c63c2984e286dfb' +
    'ede82deb9dcd9fae0bfbb821569b3d9001bd8130cd11d486cef047bd60b86e88',
)

describe('verifySignature', () => {
  it('is needed: libsignal verifies in JavaScript', () => {
    const libsignal = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
    const curve = readFileSync(libsignal.resolve('libsignal/src/curve.js'), 'utf8')
    expect(curve, 'upstream changed how it verifies: drop libsignal-verify.ts').toContain('curveJs.verify(')
  })

  it('accepts the published signature, with and without the type byte', () => {
    expect(verifySignature(PUBLIC, MESSAGE, SIGNATURE)).toBe(true)
    expect(verifySignature(PUBLIC.subarray(1), MESSAGE, SIGNATURE)).toBe(true)
  })

  it('refuses it with any one byte changed, as the published test does', () => {
    for (let i = 0; i < SIGNATURE.length; i++) {
      const changed = Buffer.from(SIGNATURE)
      changed[i]! ^= 0x01
      expect(verifySignature(PUBLIC, MESSAGE, changed), `byte ${i}`).toBe(false)
    }
  })

  it('refuses another message, another key and another sign bit', () => {
    expect(verifySignature(PUBLIC, Buffer.concat([MESSAGE, hex('00')]), SIGNATURE)).toBe(false)
    const sign = Buffer.from(SIGNATURE)
    sign[63]! ^= 0x80
    expect(verifySignature(PUBLIC, MESSAGE, sign)).toBe(false)
    expect(verifySignature(Curve.generateKeyPair().public, MESSAGE, SIGNATURE)).toBe(false)
  })

  it.each([
    ['a zero signature', PUBLIC, Buffer.alloc(64)],
    ['a short signature', PUBLIC, SIGNATURE.subarray(1)],
    ['no signature', PUBLIC, Buffer.alloc(0)],
    ['a short key', PUBLIC.subarray(2), SIGNATURE],
    ['a wrong type byte', Buffer.concat([hex('06'), PUBLIC.subarray(1)]), SIGNATURE],
    ['a key off the field', Buffer.alloc(32, 0xff), SIGNATURE],
    ['u = -1', hex(`ec${'ff'.repeat(30)}7f`), SIGNATURE],
    ['a zero key', Buffer.alloc(32), Buffer.alloc(64)],
  ])('refuses %s without throwing', (_, key, signature) => {
    expect(verifySignature(key, MESSAGE, signature)).toBe(false)
  })

  it('accepts what Baileys signs', () => {
    for (let i = 0; i < 20; i++) {
      const pair = Curve.generateKeyPair()
      const signature = Curve.sign(pair.private, MESSAGE)
      expect(verifySignature(pair.public, MESSAGE, signature)).toBe(true)
    }
  })

  it('accepts signatures by another implementation, whatever the sign bit of the key', () => {
    const signBits = new Set<number>()
    for (let i = 0; i < 16; i++) {
      const pair = Curve.generateKeyPair()
      const signature = Curve.sign(pair.private, MESSAGE)
      signBits.add(signature[63]! & 0x80)
      expect(verifySignature(pair.public, MESSAGE, signature)).toBe(true)
      expect(verifySignature(Buffer.concat([Buffer.from([5]), pair.public]), MESSAGE, signature)).toBe(true)
    }
    expect(signBits.size).toBe(2)
  })

  it('refuses a wrong message, a wrong key, a zero signature and each flipped byte', () => {
    const pair = Curve.generateKeyPair()
    const signature = Buffer.from(Curve.sign(pair.private, MESSAGE))
    expect(verifySignature(pair.public, Buffer.from('something else'), signature)).toBe(false)
    expect(verifySignature(Curve.generateKeyPair().public, MESSAGE, signature)).toBe(false)
    expect(verifySignature(pair.public, MESSAGE, Buffer.alloc(64))).toBe(false)
    for (const position of [0, 31, 32, 62, 63]) {
      const forged = Buffer.from(signature)
      forged[position]! ^= 1
      expect(verifySignature(pair.public, MESSAGE, forged)).toBe(false)
    }
  })

  it('answers false for keys and signatures of the wrong size or outside the field', () => {
    const signature = Buffer.alloc(64, 1)
    expect(verifySignature(Buffer.alloc(31), MESSAGE, signature)).toBe(false)
    expect(verifySignature(Buffer.alloc(32), MESSAGE, Buffer.alloc(63))).toBe(false)
    expect(verifySignature(Buffer.alloc(32, 0xff), MESSAGE, signature)).toBe(false)
  })
})
