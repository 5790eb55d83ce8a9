import { SenderChainKey } from '@whiskeysockets/baileys/lib/Signal/Group/sender-chain-key.js'
import { SenderMessageKey } from '@whiskeysockets/baileys/lib/Signal/Group/sender-message-key.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mendSignalMacs } from '../../../../patches/libsignal-mac.ts'
import { lightenSenderChains } from '../../../../src/whatsapp/patches/groups/sender-chain-keys.ts'
import { GroupDevice } from './group-device.ts'

const original = { ...Object.getOwnPropertyDescriptors(SenderChainKey.prototype) }
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
const partsOf = (key: SenderMessageKey) => ({
  iteration: key.getIteration(),
  iv: Buffer.from(key.getIv()),
  cipherKey: Buffer.from(key.getCipherKey()),
  seed: Buffer.from(key.getSeed()),
})

// In this order: a mend is for the whole process.
it('is needed: what libsignal-mac.ts puts in its place does not reach Baileys, which derives each key at once', () => {
  mendSignalMacs()
  const key = new SenderChainKey(0, Buffer.alloc(32)).getSenderMessageKey()
  const sentence = 'upstream derives keys when they are used: drop sender-chain-keys.ts'
  expect(Object.keys(key), sentence).toContain('cipherKey')
  expect(original.getDerivative!.value.toString(), sentence).toContain('calculateMAC(key, seed)')
})

it('derives the same chain and the same keys', () => {
  fc.assert(
    fc.property(seeds, fc.nat(3000), (seed, iteration) => {
      const chain = new SenderChainKey(iteration, seed)
      const derivative = (what: number) =>
        original.getDerivative!.value(Buffer.of(what), Buffer.from(seed)) as Buffer
      lightenSenderChains()
      const next = chain.getNext()
      expect(next.getIteration()).toBe(iteration + 1)
      expect(Buffer.from(next.getSeed())).toEqual(derivative(2))
      expect(partsOf(chain.getSenderMessageKey())).toEqual(
        partsOf(new SenderMessageKey(iteration, derivative(1))),
      )
    }),
  )
})

it('reads a message that others were lost before', async () => {
  lightenSenderChains()
  const [author, reader] = [new GroupDevice(), new GroupDevice()]
  await reader.learn(await author.distribution())
  const sealed = await author.say(40)
  expect(await reader.read(sealed[39]!)).toBe('text 39')
})

it('changes nothing the second time', () => {
  lightenSenderChains()
  const { getSenderMessageKey } = SenderChainKey.prototype
  lightenSenderChains()
  expect(SenderChainKey.prototype.getSenderMessageKey).toBe(getSenderMessageKey)
})
