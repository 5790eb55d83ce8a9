import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { Curve } from '@whiskeysockets/baileys'
import { generateSenderSigningKey } from '@whiskeysockets/baileys/lib/Signal/Group/keyhelper.js'
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'
import { describe, expect, it, vi } from 'vitest'
import { mendSignatures } from '../../../src/whatsapp/patches/signatures.ts'

const original = Curve.verify
const hex = (text: string) => Buffer.from(text, 'hex')

/** Signal's own vector: `testSignature` in the Curve25519Test of libsignal-protocol. */
const PUBLIC = hex('05ab7e717d4a163b7d9a1d8071dfe9dcf8cdcd1cea3339b6356be84d887e322c64')
const MESSAGE = hex('05edce9d9c415ca78cb7252e72c2c4a554d3eb29485a0e1d503118d1a82d99fb4a')
const SIGNATURE = hex(
  '5de88ca9a89b4a115da79109c67c9c7464a3e4180274f1cb8c63c2984e286dfb' +
    'ede82deb9dcd9fae0bfbb821569b3d9001bd8130cd11d486cef047bd60b86e88',
)

describe('mendSignatures', () => {
  it('is needed: Baileys accepts anything well-formed until it is mended, and only then says no', () => {
    expect(original(PUBLIC, MESSAGE, Buffer.alloc(64)), 'upstream mended it: drop signatures.ts').toBe(true)
    mendSignatures()
    expect(Curve.verify(PUBLIC, MESSAGE, Buffer.alloc(64))).toBe(false)
    expect(Curve.verify(PUBLIC, MESSAGE, SIGNATURE)).toBe(true)
  })

  it('takes what was right once without a second look, and nothing that only resembles it', () => {
    mendSignatures()
    const { public: author, private: secret } = Curve.generateKeyPair()
    const looks = vi.spyOn(crypto, 'verify')
    syncBuiltinESMExports()
    const signature = Curve.sign(secret, MESSAGE)
    for (let time = 0; time < 3; time++) expect(Curve.verify(author, MESSAGE, signature)).toBe(true)
    expect(looks).toHaveBeenCalledTimes(1)
    const long = Buffer.alloc(2000)
    const ofLong = Curve.sign(secret, long)
    for (let time = 0; time < 2; time++) expect(Curve.verify(author, long, ofLong)).toBe(true)
    expect(looks).toHaveBeenCalledTimes(3)
    looks.mockRestore()
    syncBuiltinESMExports()

    const typed = Buffer.concat([Buffer.from([5]), author])
    const short = Buffer.from('short')
    const signed = Curve.sign(secret, short)
    expect(Curve.verify(typed, short, signed)).toBe(true)
    const bytes = Buffer.concat([typed, signed, short])
    for (const [key, end] of [
      [32, 96],
      [33, 96],
      [33, 98],
      [34, 97],
      [32, 97],
    ] as const)
      expect(Curve.verify(bytes.subarray(0, key), bytes.subarray(end), bytes.subarray(key, end))).toBe(false)
    for (const [part, at] of [typed, signed, short].map((part, at) => [part, at] as const)) {
      const changed = [typed, signed, short]
      changed[at] = Buffer.from(part)
      changed[at]![2]! ^= 0x01
      expect(Curve.verify(changed[0]!, changed[2]!, changed[1]!), `part ${at}`).toBe(false)
      expect(Curve.verify(changed[0]!, changed[2]!, changed[1]!), `part ${at} again`).toBe(false)
    }
  })

  it('changes nothing the second time', () => {
    mendSignatures()
    const mended = Curve.verify
    mendSignatures()
    expect(Curve.verify).toBe(mended)
  })
})

it('signs with a key of Baileys without its JavaScript curve', () => {
  mendSignatures()
  const { public: author, private: secret } = Curve.generateKeyPair()
  // The curve in JavaScript signs the same bytes the same way each time.
  const [one, other] = [Curve.sign(secret, MESSAGE), Curve.sign(secret, MESSAGE)]
  expect(Buffer.from(one).equals(other)).toBe(false)
  for (const signature of [one, other]) expect(Curve.verify(author, MESSAGE, signature)).toBe(true)
})

describe('a message of a group', () => {
  const { public: author, private: secret } = generateSenderSigningKey()
  const sealed = new SenderKeyMessage(7, 3, Buffer.from('sealed'), Buffer.from(secret)).serialize()
  const arrived = (bytes: Uint8Array) => new SenderKeyMessage(null, null, null, null, Buffer.from(bytes))

  it('is verified with the key of its author', () => {
    mendSignatures()
    const message = arrived(sealed)
    expect(() => message.verifySignature(Buffer.from(author))).not.toThrow()
    expect(() => message.verifySignature(Buffer.from(author).subarray(1))).not.toThrow()
    expect(() => message.verifySignature(Buffer.from(generateSenderSigningKey().public))).toThrow(
      'Invalid signature',
    )
  })

  it('is signed without the JavaScript curve', () => {
    mendSignatures()
    const seal = () => new SenderKeyMessage(7, 3, Buffer.from('sealed'), Buffer.from(secret)).serialize()
    const [one, other] = [seal(), seal()]
    expect(Buffer.from(one).equals(other)).toBe(false)
    for (const bytes of [one, other])
      expect(() => arrived(bytes).verifySignature(Buffer.from(author))).not.toThrow()
  })

  it('is refused with any bit of its end or of its ciphertext changed', () => {
    mendSignatures()
    for (const at of [-1, -32, -64, -66]) {
      const changed = Buffer.from(sealed)
      changed[changed.length + at]! ^= 0x01
      expect(() => arrived(changed).verifySignature(Buffer.from(author)), `byte ${at}`).toThrow(
        'Invalid signature',
      )
    }
  })
})
