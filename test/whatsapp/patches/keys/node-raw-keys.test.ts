import crypto, {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
} from 'node:crypto'
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { mendRawKeys } from '../../../../src/whatsapp/patches/keys/node-raw-keys.ts'

const text = Buffer.from('the same bytes')
const keys = [
  randomBytes(32),
  Buffer.alloc(0),
  new Uint8Array(80).fill(7),
  'a string',
  createSecretKey(randomBytes(32)),
]

/** The keys that Node's own gets. */
const given: unknown[] = []
const { createCipheriv: nodes } = crypto
crypto.createCipheriv = ((...args: Parameters<typeof nodes>) => {
  given.push(args[1])
  return nodes(...args)
}) as typeof nodes

function outcomes(): string[] {
  const hmacs = keys.map(key => createHmac('sha256', key).update(text).digest('hex'))
  const [key, iv] = [Buffer.alloc(32, 1), Buffer.alloc(12, 2)]
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
  const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(sealed.subarray(-16))
  const opened = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  return [...hmacs, sealed.toString('hex'), opened.toString()]
}

it('gives the same results as before, for every way to import node:crypto', () => {
  const before = outcomes()
  const { createHmac: unmended } = crypto
  mendRawKeys()
  expect(crypto.createHmac).not.toBe(unmended)
  expect(createRequire(import.meta.url)('crypto').createHmac).toBe(crypto.createHmac)
  expect(outcomes()).toEqual(before)
  expect(() => createHmac('sha256', undefined as never)).toThrow(TypeError)
  expect(() => createCipheriv('aes-256-gcm', Buffer.alloc(3), Buffer.alloc(12))).toThrow('Invalid key length')
})

it('is applied once, however often it is called', () => {
  mendRawKeys()
  const { createHmac: mended } = crypto
  mendRawKeys()
  expect(crypto.createHmac).toBe(mended)
})

it('makes one KeyObject of the key of a connection, however many frames are sealed with it', () => {
  mendRawKeys()
  const [own, other] = [randomBytes(32), randomBytes(32)]
  given.length = 0
  for (const key of [own, other, own, Buffer.from(own)]) createCipheriv('aes-256-gcm', key, Buffer.alloc(12))
  const [first, second, third, copy] = given
  expect(third).toBe(first)
  expect(second).not.toBe(first)
  expect(copy).not.toBe(first)
})

it('seals with what a key is now, also where its bytes were changed in place', () => {
  mendRawKeys()
  const seal = (key: Uint8Array) => createCipheriv('aes-256-gcm', key, Buffer.alloc(12)).update(text)
  const key = randomBytes(32)
  const before = seal(key)
  key[31]! ^= 1
  expect(seal(key)).toEqual(seal(Buffer.from(key)))
  expect(seal(key)).not.toEqual(before)
  key[31]! ^= 1
  expect(seal(key)).toEqual(before)
})
