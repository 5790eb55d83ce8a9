import { proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { wire } from '../../../simulator/content/wire.ts'

describe('the writer of messages by number', () => {
  it('writes what protobuf reads: texts, numbers, bytes, messages and several of one', () => {
    const secret = Buffer.alloc(32, 7)
    const bytes = wire({
      49: { 2: 'Where? ñ', 3: [{ 1: 'Here' }, { 1: 'There' }], 4: 300 },
      35: { 3: secret, 2: 1 },
    })
    expect(proto.Message.decode(bytes)).toMatchObject({
      pollCreationMessage: {
        name: 'Where? ñ',
        options: [{ optionName: 'Here' }, { optionName: 'There' }],
        selectableOptionsCount: 300,
      },
      messageContextInfo: { messageSecret: secret, deviceListMetadataVersion: 1 },
    })
  })

  it('writes numbers that no protobuf of today has, of any size', () => {
    expect(Buffer.from(wire({ 15000: 1n << 40n, 140: true })).toString('hex')).toBe(
      'e00801c0a907808080808020',
    )
    expect(() => wire({ 1: -1 })).toThrow('below 0')
  })
})
