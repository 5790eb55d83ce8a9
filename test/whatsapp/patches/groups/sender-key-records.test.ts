import { SenderKeyRecord } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-record.js'
import { expect, it } from 'vitest'
import { readLateGroupMessages } from '../../../../src/whatsapp/patches/groups/late-group-messages.ts'
import {
  bytesOf,
  shortenSenderKeyRecords,
} from '../../../../src/whatsapp/patches/groups/sender-key-records.ts'
import { GroupDevice } from './group-device.ts'

const deserialize = SenderKeyRecord.deserialize
const serialize = SenderKeyRecord.prototype.serialize
readLateGroupMessages()

/** A member that keeps nine keys for what was overtaken. */
async function overtaken() {
  const [author, reader] = [new GroupDevice(), new GroupDevice()]
  await reader.learn(await author.distribution())
  const sealed = await author.say(10)
  expect(await reader.read(sealed[9]!)).toBe('text 9')
  return { author, sealed, reader }
}

// In this order: a mend is for the whole process.
it('is needed: each byte of a key is written as a number', async () => {
  const { author } = await overtaken()
  expect(author.stored!.toString(), 'upstream mended it: drop sender-key-records.ts').toMatch(
    /"data":\[\d+,\d+/,
  )
})

it('goes on with what an unmended one has stored, the keys for late messages, too', async () => {
  const { author, sealed, reader } = await overtaken()
  const before = reader.stored!.length
  shortenSenderKeyRecords()
  sealed.push(...(await author.say(2)))
  expect(await reader.read(sealed[11]!)).toBe('text 1')
  for (const n of [3, 0, 8]) expect(await reader.read(sealed[n]!)).toBe(`text ${n}`)
  await expect(reader.read(sealed[3]!)).rejects.toThrow('old counter')
  expect(await reader.read(sealed[10]!)).toBe('text 0')
  expect(reader.stored!.length).toBeLessThan(before)
})

it('writes what is small, and the same after it was read', async () => {
  shortenSenderKeyRecords()
  const { author, reader, sealed } = await overtaken()
  for (const device of [author, reader]) {
    const text = device.stored!.toString()
    expect(text).not.toMatch(/\[\d+,/)
    expect(JSON.stringify(SenderKeyRecord.deserialize(device.stored!).serialize())).toBe(text)
  }
  for (const n of [7, 1, 4]) expect(await reader.read(sealed[n]!)).toBe(`text ${n}`)
})

it('writes what an unmended one reads: an older version takes over without asking for anything again', async () => {
  shortenSenderKeyRecords()
  const { author, reader, sealed } = await overtaken()
  const mended = { deserialize: SenderKeyRecord.deserialize, serialize: SenderKeyRecord.prototype.serialize }
  SenderKeyRecord.deserialize = deserialize
  SenderKeyRecord.prototype.serialize = serialize
  try {
    expect(await reader.read(sealed[5]!)).toBe('text 5')
    const [next] = await author.say(1)
    expect(await reader.read(next!)).toBe('text 0')
  } finally {
    SenderKeyRecord.deserialize = mended.deserialize
    SenderKeyRecord.prototype.serialize = mended.serialize
  }
  const [last] = await author.say(1)
  expect(await reader.read(last!)).toBe('text 0')
})

it('takes bytes in every form in which JSON may have left them', () => {
  const bytes = Buffer.from([1, 2, 255])
  const forms = [bytes, JSON.parse(JSON.stringify(bytes)), JSON.parse(JSON.stringify(new Uint8Array(bytes)))]
  for (const form of [...forms, { type: 'Buffer', data: 'AQL/' }]) expect(bytesOf(form)).toEqual(bytes)
})

it('refuses what is no record, as before', () => {
  shortenSenderKeyRecords()
  for (const torn of ['', '[', '{}', '[null]', '[{}]'])
    expect(() => SenderKeyRecord.deserialize(Buffer.from(torn))).toThrow()
})

it('changes nothing the second time', () => {
  shortenSenderKeyRecords()
  const mended = SenderKeyRecord.deserialize
  shortenSenderKeyRecords()
  expect(SenderKeyRecord.deserialize).toBe(mended)
})
