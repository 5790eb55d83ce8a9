import { GroupCipher } from '@whiskeysockets/baileys/lib/Signal/Group/group_cipher.js'
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'
import { expect, it } from 'vitest'
import { useEverySenderKey } from '../../../../src/whatsapp/patches/groups/own-sender-key.ts'
import { GroupDevice } from './group-device.ts'

const iterationOf = (sealed: Uint8Array) =>
  new SenderKeyMessage(null, null, null, null, Buffer.from(sealed)).getIteration()

// In this order: a mend is for the whole process.
it('is needed: the record of an own sender key grows with every message', async () => {
  const author = new GroupDevice()
  await author.distribution()
  await author.say(1)
  const before = author.stored!.length
  const sealed = await author.say(20)
  expect(author.stored!.length, 'upstream mended it: drop own-sender-key.ts').toBeGreaterThan(before + 2000)
  expect(iterationOf(sealed.at(-1)!)).toBe(40)
})

it('goes on with what an unmended one has stored: each key once, and nothing is kept', async () => {
  const [author, reader] = [new GroupDevice(), new GroupDevice()]
  await reader.learn(await author.distribution())
  const before = await author.say(5)
  useEverySenderKey()
  const after = await author.say(5)
  const all = [...before, ...after]
  expect(new Set(all.map(iterationOf)).size).toBe(all.length)
  for (const [n, sealed] of all.entries()) expect(await reader.read(sealed)).toBe(`text ${n % 5}`)
  const [{ senderMessageKeys }] = JSON.parse(author.stored!.toString())
  expect(senderMessageKeys).toEqual([])
})

it('keeps the record small; members read all that was said since they joined, each once', async () => {
  useEverySenderKey()
  const [author, early, late] = [new GroupDevice(), new GroupDevice(), new GroupDevice()]
  await early.learn(await author.distribution())
  const first = await author.say(30)
  const size = author.stored!.length
  await late.learn(await author.distribution())
  const second = await author.say(30)
  expect(author.stored!.length).toBeLessThan(size + 50)
  expect([...first, ...second].map(iterationOf)).toEqual(Array.from({ length: 60 }, (_, n) => n))
  for (const [n, sealed] of first.entries()) expect(await early.read(sealed)).toBe(`text ${n}`)
  for (const [n, sealed] of second.entries()) expect(await late.read(sealed)).toBe(`text ${n}`)
  await expect(early.read(first[3]!)).rejects.toThrow('old counter')
})

it('changes nothing the second time', () => {
  useEverySenderKey()
  const { encrypt } = GroupCipher.prototype
  useEverySenderKey()
  expect(GroupCipher.prototype.encrypt).toBe(encrypt)
})
