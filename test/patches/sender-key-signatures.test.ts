import { generateSenderSigningKey } from '@whiskeysockets/baileys/lib/Signal/Group/keyhelper.js'
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'
import { expect, it } from 'vitest'
import { verifyNatively } from '../../patches/sender-key-signatures.ts'

const { public: author, private: secret } = generateSenderSigningKey()
// Signed by the curve in JavaScript: what Baileys writes unmended.
const sealed = new SenderKeyMessage(7, 3, Buffer.from('sealed'), Buffer.from(secret)).serialize()
const arrived = (bytes: Uint8Array) => new SenderKeyMessage(null, null, null, null, Buffer.from(bytes))

it('takes a message to a group that its author signed, and no other', () => {
  const before = SenderKeyMessage.prototype.verifySignature
  verifyNatively()
  expect(SenderKeyMessage.prototype.verifySignature).not.toBe(before)
  expect(() => arrived(sealed).verifySignature(Buffer.from(author))).not.toThrow()
  const stranger = Buffer.from(generateSenderSigningKey().public)
  expect(() => arrived(sealed).verifySignature(stranger)).toThrow('Invalid signature')
  for (const at of [1, 5, sealed.length - 1]) {
    const forged = Buffer.from(sealed)
    forged[at]! ^= 1
    const verified = () => arrived(forged).verifySignature(Buffer.from(author))
    expect(verified, `byte ${at}`).toThrow()
  }
})
