import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mendSignalMacs } from '../../patches/libsignal-mac.ts'
import { loadLibsignal } from '../../patches/load-libsignal.ts'

interface Crypto {
  calculateMAC(key: Buffer, data: Buffer): Buffer
  verifyMAC(data: Buffer, key: Buffer, mac: Buffer, length: number): void
  deriveSecrets(input: Buffer, salt: Buffer, info: Buffer, chunks?: number): Buffer[]
}

const mended = loadLibsignal<Crypto>('src/crypto.js')
const original = { ...mended }
mendSignalMacs()

const bytes = (limits: fc.IntArrayConstraints) => fc.uint8Array(limits).map(array => Buffer.from(array))
const keys = bytes({ minLength: 32, maxLength: 32 })
const data = bytes({ maxLength: 300 })

it('is needed: libsignal makes an object for each HMAC', () => {
  const libsignal = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
  const source = readFileSync(libsignal.resolve('libsignal/src/crypto.js'), 'utf8')
  expect(source, 'upstream changed its HMACs: drop libsignal-mac.ts').toContain('nodeCrypto.createHmac(')
  expect(mended.calculateMAC).not.toBe(original.calculateMAC)
})

it('authenticates as libsignal and Node do, and refuses all else', () => {
  fc.assert(
    fc.property(keys, data, fc.nat(31), (key, text, place) => {
      const mac = mended.calculateMAC(key, text)
      expect(mac).toEqual(createHmac('sha256', key).update(text).digest())
      expect(mac).toEqual(original.calculateMAC(key, text))
      mended.verifyMAC(text, key, mac.subarray(0, 8), 8)
      expect(() => mended.verifyMAC(text, key, mac.subarray(0, 7), 8)).toThrow('Bad MAC')
      expect(() => mended.verifyMAC(text, key, mac, 8)).toThrow('Bad MAC')
      mac[place]! ^= 1
      expect(() => mended.verifyMAC(text, key, mac, 32)).toThrow('Bad MAC')
    }),
  )
  expect(() => mended.calculateMAC(Buffer.alloc(31), Buffer.alloc(1))).toThrow('Incorrect key length')
})

it('derives what libsignal derives', () => {
  const info = fc.constantFrom('WhisperText', 'WhisperRatchet', 'WhisperMessageKeys')
  fc.assert(
    fc.property(data, keys, info, fc.integer({ min: 1, max: 3 }), (input, salt, text, chunks) => {
      const derived = mended.deriveSecrets(input, salt, Buffer.from(text), chunks)
      expect(derived).toEqual(original.deriveSecrets(input, salt, Buffer.from(text), chunks))
      expect(derived.every(key => key.length === 32)).toBe(true)
    }),
  )
  expect(mended.deriveSecrets(Buffer.alloc(32), Buffer.alloc(32), Buffer.from('WhisperText'))).toHaveLength(3)
})
