import { SenderKeyState } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-state.js'
import { expect, it } from 'vitest'
import { readLateGroupMessages } from '../../../../src/whatsapp/patches/groups/late-group-messages.ts'
import { GroupDevice } from './group-device.ts'

/** A reader that got the last of ten messages first. */
async function overtaken() {
  const [author, reader] = [new GroupDevice(), new GroupDevice()]
  await reader.learn(await author.distribution())
  const sealed = await author.say(10)
  expect(await reader.read(sealed[9]!)).toBe('text 9')
  return { sealed, reader }
}

// In this order: a mend is for the whole process.
it('is needed: what a later message overtook cannot be read', async () => {
  const { sealed, reader } = await overtaken()
  await expect(reader.read(sealed[3]!), 'upstream mended it: drop late-group-messages.ts').rejects.toThrow(
    'Expected Buffer',
  )
})

it('reads what was overtaken, in any order, each once', async () => {
  readLateGroupMessages()
  const { sealed, reader } = await overtaken()
  for (const n of [3, 8, 0, 7, 1, 2, 4, 5, 6]) expect(await reader.read(sealed[n]!)).toBe(`text ${n}`)
  await expect(reader.read(sealed[3]!)).rejects.toThrow('old counter')
})

it('changes nothing the second time', () => {
  readLateGroupMessages()
  const { removeSenderMessageKey } = SenderKeyState.prototype
  readLateGroupMessages()
  expect(SenderKeyState.prototype.removeSenderMessageKey).toBe(removeSenderMessageKey)
})
