import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signMessage } from '../../patches/libsignal-sign.ts'
import { verifySignature } from '../../patches/libsignal-verify.ts'
import { loadLibsignal } from '../../patches/load-libsignal.ts'

interface Curve {
  calculateAgreement(publicKey: Buffer, privateKey: Buffer): Buffer
  calculateSignature(privateKey: Buffer, message: Buffer): Buffer
  verifySignature(publicKey: Buffer, message: Buffer, signature: Buffer): boolean
}

const {
  calculateAgreement,
  calculateSignature,
  verifySignature: verifyInJavaScript,
} = loadLibsignal<Curve>('src/curve.js')

const BASE_POINT = Buffer.from([5, 9, ...Buffer.alloc(31)])
const publicOf = (privateKey: Buffer) =>
  Buffer.concat([Buffer.from([5]), calculateAgreement(BASE_POINT, privateKey)])

// Raw bytes: Node's keys are not clamped either.
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes))
const messages = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))

describe('signMessage', () => {
  it('is needed: libsignal signs in JavaScript', () => {
    const libsignal = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
    const curve = readFileSync(libsignal.resolve('libsignal/src/curve.js'), 'utf8')
    expect(curve, 'upstream changed how it signs: drop libsignal-sign.ts').toContain('curveJs.sign(')
  })

  it('makes what libsignal and Node accept, for any key and message, and nobody accepts for another', () => {
    fc.assert(
      fc.property(keys, messages, (privateKey, message) => {
        const publicKey = publicOf(privateKey)
        const signature = signMessage(privateKey, message)
        const other = Buffer.concat([message, Buffer.from([1])])
        expect(signature).toHaveLength(64)
        expect(verifyInJavaScript(publicKey, message, signature)).toBe(true)
        expect(verifySignature(publicKey, message, signature)).toBe(true)
        expect(verifyInJavaScript(publicKey, other, signature)).toBe(false)
        expect(verifySignature(publicKey, other, signature)).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  it('signs for the same key as libsignal does: the sign of that key stands in both signatures', () => {
    const signs = new Set<number>()
    fc.assert(
      fc.property(keys, messages, (privateKey, message) => {
        const [ours, theirs] = [signMessage(privateKey, message), calculateSignature(privateKey, message)]
        expect(ours[63]! & 0x80).toBe(theirs[63]! & 0x80)
        expect(verifySignature(publicOf(privateKey), message, theirs)).toBe(true)
        signs.add(ours[63]! & 0x80)
      }),
      {
        numRuns: 30,
        examples: [
          [Buffer.alloc(32, 1), Buffer.of()],
          [Buffer.alloc(32, 3), Buffer.of()],
        ],
      },
    )
    expect(signs.size, 'keys of both signs were tried').toBe(2)
  })

  it('never signs twice with the same nonce', () => {
    const [privateKey, message] = [Buffer.alloc(32, 7), Buffer.from('the same')]
    const nonces = Array.from({ length: 50 }, () =>
      signMessage(privateKey, message).subarray(0, 32).toString('hex'),
    )
    expect(new Set(nonces).size).toBe(50)
  })

  it('signs in well under the time of the JavaScript curve', () => {
    const [privateKey, message] = [Buffer.alloc(32, 7), Buffer.from('text')]
    const cpuOf = (sign: (key: Buffer, text: Buffer) => unknown) => {
      sign(privateKey, message)
      const before = process.cpuUsage()
      for (let n = 0; n < 10; n++) sign(privateKey, message)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    expect(cpuOf(signMessage)).toBeLessThan(cpuOf(calculateSignature) / 5)
  })

  it.each([0, 31, 33, 64])('throws on a private key of %i bytes', length => {
    expect(() => signMessage(Buffer.alloc(length), Buffer.from('text'))).toThrow('private key length')
  })
})
