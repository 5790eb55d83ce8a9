import { describe, expect, it } from 'vitest'
import { type WireFields, wire } from '../../../simulator/content/wire.ts'
import { readContent } from '../../../src/whatsapp/content/read-content.ts'
import { decodeMessage } from '../../../src/whatsapp/protobuf/decode-message.ts'

const read = (fields: WireFields) => readContent(decodeMessage(wire(fields)))
const poll = { 2: 'Where?', 3: [{ 1: 'Here' }, { 1: 'There' }], 4: 1, 9: 1_800_000_000, 10: true, 11: true }
const words = { 1: 'words' }
const image = (more: WireFields = {}) => ({ 3: { 3: 'under it', ...more } })
const key = { 1: '34611000001@s.whatsapp.net', 2: true, 3: 'OLD' }
const asked = { type: 'poll', body: 'Where?', caption: 'Here\nThere' }
const SECONDS = 1_790_000_000
const WHEN = new Date(SECONDS * 1000).toISOString()

describe('a message that is newer than the protobuf of Baileys', () => {
  it.each<[string, WireFields, object]>([
    ['a poll of the sixth kind', { 119: poll }, asked],
    ['one of the fifth', { 111: poll }, asked],
    ['one of the fourth, in its wrapper', { 93: { 1: { 64: poll } } }, asked],
    ['one of the sixth in that wrapper', { 93: { 1: { 119: poll } } }, asked],
    [
      'its result',
      { 115: { 1: 'Where?', 2: [{ 1: 'Here', 2: 3 }, { 1: 'There' }] } },
      { type: 'text', body: 'Where?\nHere: 3\nThere: 0' },
    ],
    [
      'another option for one',
      { 121: { 1: key, 2: { 1: 'Elsewhere' } } },
      { type: 'unsupported', body: 'pollAddOptionMessage', caption: 'Elsewhere', replyTo: 'OLD' },
    ],
    ['a spoiler', { 118: { 1: words } }, { type: 'text', body: 'words' }],
    ['a picture under a spoiler', { 118: { 1: image() } }, { type: 'image', caption: 'under it' }],
    ['a poll under a spoiler that disappears', { 40: { 1: { 118: { 1: { 119: poll } } } } }, asked],
    [
      'an invitation to an event',
      { 122: { 2: 'E1', 3: 'Party', 5: SECONDS, 6: 'come!', 8: SECONDS, 9: 'https://call.whatsapp.com/x' } },
      { type: 'event', body: 'Party\ncome!', caption: `${WHEN}\n${WHEN}\nhttps://call.whatsapp.com/x` },
    ],
    [
      'one that was canceled',
      { 122: { 3: 'Party', 7: true } },
      { type: 'event', body: 'Party', caption: 'canceled' },
    ],
    [
      'an invitation that answers',
      { 122: { 1: { 1: 'OLD' }, 3: 'Party' } },
      { type: 'event', replyTo: 'OLD' },
    ],
    ['what an admin of a channel says', { 116: { 1: words } }, { type: 'text', body: 'words' }],
    [
      'an edit to something newer',
      { 58: { 1: { 12: { 1: key, 2: 14, 14: { 118: { 1: words } } } } } },
      { type: 'edit', body: 'words', replyTo: 'OLD' },
    ],
    ['a copy of what another own device sent', { 31: { 1: 'x@lid', 2: { 119: poll } } }, asked],
    [
      'an option hidden until later',
      { 120: { 1: Buffer.alloc(9), 4: 'k' } },
      { type: 'unsupported', body: 'conditionalRevealMessage' },
    ],
    ['a reminder to pay', { 124: { 1: 5 } }, { type: 'unsupported', body: 'paymentReminderMessage' }],
    ['music', { 129: { 1: 'song' } }, { type: 'unsupported', body: 'musicMessage' }],
    ['a wrapper without a message', { 118: 'nonsense' }, { type: 'unsupported', body: 'spoilerMessage' }],
    ['what nobody knows', { 140: { 1: 'words' } }, { type: 'unsupported', body: 'field 140' }],
    ['a number that nobody knows', { 140: 7 }, { type: 'unsupported', body: 'field 140' }],
    [
      'what nobody knows, seen once',
      { 55: { 1: { 15000: '' } } },
      { type: 'unsupported', body: 'field 15000', extras: { view_once: true } },
    ],
    ['words beside what nobody knows', { 140: { 1: 'x' }, 1: 'words' }, { type: 'text', body: 'words' }],
    ['words in a wrapper beside it', { 140: { 1: 'x' }, 40: { 1: words } }, { type: 'text', body: 'words' }],
  ])('is read: %s', (_, fields, expected) => {
    const message = decodeMessage(wire(fields))
    expect(readContent(message.deviceSentMessage?.message ?? message)).toMatchObject(expected)
  })

  it.each<[string, WireFields]>([
    ['keys of a group', { 123: { 1: { 1: Buffer.alloc(32) } } }],
    ['other keys of a group', { 127: { 1: Buffer.alloc(32) } }],
    ['the head of an album', { 83: { 2: 3, 3: 1 } }],
    ['history for a new member', { 70: { 1: 'x', 3: Buffer.alloc(32) } }],
    ['the notice of it', { 102: { 2: { 3: 5 } } }],
    ['a scheduled message taken back', { 12: { 1: key, 2: 32 } }],
    ['the look of a chat', { 12: { 2: 34 } }],
    ['a setting in a wrapper', { 99: { 1: { 12: { 2: 27 } } } }],
  ])('is dropped, with the reason, if it is not for people: %s', (_, fields) => {
    expect(read(fields)).toEqual({ ignored: expect.stringMatching(/\w/) })
  })
})

describe('wrappers that Baileys opens for nobody', () => {
  it.each([
    67, 74, 85, 90, 91, 95, 96, 99, 101, 103, 104, 106, 116, 117, 118, 126,
  ])('%i is opened', number => {
    expect(read({ [number]: { 1: image() } })).toMatchObject({ type: 'image', caption: 'under it' })
  })
})

describe('words of kinds that have a type of their own', () => {
  it.each<[WireFields, object]>([
    [
      { 75: { 3: 'Party', 4: 'bring cake', 7: SECONDS, 5: { 3: 'Sol', 4: 'Madrid' }, 6: 'https://x' } },
      { type: 'event', body: 'Party\nbring cake', caption: `${WHEN}\nSol\nMadrid\nhttps://x` },
    ],
    [{ 75: { 3: 'Party', 7: 2 ** 60 } }, { type: 'event', body: 'Party', caption: null }],
    [{ 61: { 1: SECONDS * 1000, 3: 'Call' } }, { type: 'event', body: 'Call', caption: WHEN }],
    [
      { 86: { 2: 'Cats', 3: 'Ana', 10: 'look', 12: 'all cats' } },
      { type: 'sticker_pack', body: 'Cats', caption: 'look\nall cats\nAna' },
    ],
    [{ 107: { 1: key, 2: 'blue' } }, { type: 'text', body: 'blue', replyTo: 'OLD' }],
    [{ 109: { 1: 1, 2: 'blue', 4: key } }, { type: 'text', body: 'blue', replyTo: 'OLD' }],
    [
      { 78: { 1: 'x@newsletter', 2: 'News', 4: 'join' } },
      { type: 'group_invite', body: 'News', caption: 'join' },
    ],
  ])('%j', (fields, expected) => {
    expect(read(fields)).toMatchObject(expected)
  })
})

describe('a file in two qualities', () => {
  const association = (type: number, parent: WireFields = key) => ({ 35: { 10: { 1: type, 2: parent } } })

  it.each([5, 10, 19])('takes the place of the first: association %i', type => {
    expect(read({ 91: { 1: image() }, ...association(type) })).toMatchObject({
      type: 'image',
      extras: { replaces: 'OLD' },
    })
    expect(read({ ...image(), ...association(type) })).toMatchObject({ extras: { replaces: 'OLD' } })
    expect(read({ 40: { 1: { ...image(), ...association(type) } } })).toMatchObject({
      extras: { replaces: 'OLD' },
    })
  })

  it('is edited under the id of the first', () => {
    const edited = { 12: { 1: { ...key, 3: 'CHILD' }, 2: 14, 14: { 91: { 1: image() } } } }
    expect(read({ 58: { 1: edited }, ...association(10) })).toMatchObject({
      type: 'edit',
      body: 'under it',
      replyTo: 'OLD',
    })
    expect(read({ ...edited, ...association(10) })).toMatchObject({
      type: 'edit',
      body: 'under it',
      replyTo: 'OLD',
    })
  })

  it('is of its own when it names no first, or belongs to an album or a poll', () => {
    for (const fields of [association(10, {}), association(1), association(7), association(99)])
      expect(read({ 91: { 1: image() }, ...fields })).not.toHaveProperty('extras.replaces')
  })

  it('is dropped when it is the moving part of a photo', () => {
    expect(read({ 91: { 1: { 9: {} } }, ...association(12) })).toEqual({
      ignored: expect.stringMatching(/photo/),
    })
  })
})

describe('what may be seen once', () => {
  it.each<[string, WireFields]>([
    ['in its wrapper', { 37: { 1: image() } }],
    ['in the second one', { 55: { 1: image() } }],
    ['in the third one', { 59: { 1: { 8: {} } } }],
    ['in another wrapper', { 40: { 1: { 55: { 1: image() } } } }],
    ['around another wrapper', { 55: { 1: { 40: { 1: image() } } } }],
    ['by its own mark', image({ 25: true })],
  ])('says so: %s', (_, fields) => {
    expect(read(fields)).toMatchObject({ extras: { view_once: true } })
  })

  it('is nothing else', () => {
    expect(read(image())).not.toHaveProperty('extras.view_once')
  })
})
