import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { type WireFields, wire } from '../../../simulator/content/wire.ts'
import { LEFT_OUT, rawMessage } from '../../../src/whatsapp/content/raw-message.ts'
import { decodeMessage } from '../../../src/whatsapp/protobuf/decode-message.ts'
import {
  type TranslationContext,
  toReceivedMessage,
} from '../../../src/whatsapp/receiving/to-received-message.ts'

const KEY = Buffer.alloc(32, 0xfe)
const HASH = Buffer.alloc(32, 0xfd)
const raw = (fields: WireFields) => rawMessage(decodeMessage(wire(fields)))
const image = { 3: { 3: 'under it', 4: HASH, 5: 1234, 8: KEY } }

/** Fields of bytes that are no keys: hashes, pictures, what is sealed, what comes along. */
const TOLD = new Set([
  ...[
    'fileSha256',
    'fileEncSha256',
    'midQualityFileSha256',
    'midQualityFileEncSha256',
    'artworkSha256',
    'artworkEncSha256',
  ],
  ...[
    'attachmentFileSha256',
    'attachmentFileEncSha256',
    'thumbnailSha256',
    'thumbnailEncSha256',
    'senderKeyHash',
    'recipientKeyHash',
  ],
  ...[
    'jpegThumbnail',
    'pngThumbnail',
    'thumbnail',
    'thumbData',
    'attachmentJpegThumbnail',
    'inviteLinkParentGroupThumbnailV2',
  ],
  ...[
    'encPayload',
    'encIv',
    'keyId',
    'signature',
    'certificateChain',
    'waveform',
    'paddingBytes',
    'countryBlocklist',
    'data',
  ],
  ...[
    'streamingSidecar',
    'scansSidecar',
    'firstScanSidecar',
    'firstFrameSidecar',
    'conversionData',
    'ctwaPayload',
  ],
  ...['internalMetadata', 'aiConversationContext', 'aiPsiMetadata'],
])

/** The names of all fields of bytes that a message of Baileys' protobuf can have in it. */
function fieldsOfBytes(): Set<string> {
  const library = createRequire(import.meta.url).resolve('@whiskeysockets/baileys')
  const file = `${library.slice(0, library.lastIndexOf('/lib/'))}/WAProto/WAProto.proto`
  const fields = new Map<string, { type: string; name: string }[]>()
  const open: string[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, kind, opened] = /^\s*(message|enum|oneof) (\w+) \{/.exec(line) ?? []
    if (opened !== undefined) open.push(kind === 'message' ? opened : '')
    else if (/^\s*\}/.test(line)) open.pop()
    else {
      const [, type, name] = /^\s*(?:(?:optional|repeated|required) )?([\w.]+) (\w+) = \d+/.exec(line) ?? []
      const within = open.filter(Boolean).join('.')
      if (type && name) fields.set(within, [...(fields.get(within) ?? []), { type, name }])
    }
  }
  const found = new Set<string>()
  const seen = new Set<string>()
  const walk = (message: string) => {
    if (seen.has(message)) return
    seen.add(message)
    for (const { type, name } of fields.get(message) ?? []) {
      if (type === 'bytes') found.add(name)
      const scopes = message.split('.').map((_, i, all) => [...all.slice(0, all.length - i), type].join('.'))
      const inner = [...scopes, type].find(one => fields.has(one))
      if (inner !== undefined) walk(inner)
    }
  }
  walk('Message')
  return found
}

describe('a message with all that was decoded', () => {
  it('is JSON by the names of the protobuf, bytes in base64, numbers as such', () => {
    const { imageMessage } = raw(image) as { imageMessage: object }
    expect(imageMessage).toEqual({
      caption: 'under it',
      fileSha256: HASH.toString('base64'),
      fileLength: 1234,
    })
  })

  it('has no key of a file or of a message in it, however deep', () => {
    const nested = { 40: { 1: { 118: { 1: { ...image, 35: { 3: KEY } } } } }, 35: { 3: KEY, 6: KEY } }
    const quoting = { 6: { 1: 'words', 17: { 13: image, 3: { 1: 'x' } } } }
    const all: WireFields[] = [
      image,
      nested,
      quoting,
      { 119: { 1: KEY, 2: 'Where?' } },
      { 2: { 1: 'g', 2: KEY }, 1: 'x' },
    ]
    for (const fields of all) {
      const text = JSON.stringify(raw(fields))
      for (const encoding of ['base64', 'hex', 'base64url'] as const)
        expect(text).not.toContain(KEY.toString(encoding).slice(0, 40))
      expect(text).not.toMatch(/mediaKey|essageSecret|encKey/)
    }
  })

  it('decides on every field of bytes that Baileys knows', () => {
    const all = [...fieldsOfBytes()]
    expect(all.length).toBeGreaterThan(50)
    expect(all.filter(name => LEFT_OUT.has(name) === TOLD.has(name))).toEqual([])
  })

  it('has what nobody here knows under its number, without what may be a key', () => {
    const unknown = wire({ 1: 'words of exactly thirty-two bytes', 2: { 3: 'more' }, 4: 7 })
    expect(raw({ 140: unknown })).toEqual({ 'field 140': Buffer.from(unknown).toString('base64') })
    const withKey = raw({ 140: { 1: { 8: KEY }, 2: 'words' }, 129: { 1: KEY } })
    const bytes = Buffer.from(String(withKey['field 140']), 'base64')
    expect(bytes.equals(Buffer.from(wire({ 1: { 8: Buffer.alloc(32) }, 2: 'words' })))).toBe(true)
    expect(Buffer.from(String(withKey.musicMessage), 'base64').includes(KEY)).toBe(false)
    expect(raw({ 123: { 1: KEY }, 127: { 1: KEY } })).toEqual({})
  })

  it('is of a bounded size', () => {
    const picture = raw({ 3: { 16: Buffer.alloc(200_000, 1) } })
    expect(picture).toEqual({ left_out: expect.stringMatching(/\d/) })
  })

  it('comes with all messages, with what is unsupported, or not at all', async () => {
    const context = {
      me: { id: 'x@s.whatsapp.net', lid: null },
      inboundFromMe: false,
      inboundIgnore: [],
      now: () => 1,
    }
    const told = async (fields: WireFields, inboundRaw: 'none' | 'unsupported' | 'all') => {
      const received = {
        key: { id: 'A', remoteJid: '1@lid', fromMe: false },
        message: decodeMessage(wire(fields)),
      }
      const own = {
        ...context,
        inboundRaw,
        personOf: async () => null,
      } as unknown as TranslationContext
      const read = await toReceivedMessage(received, false, own)
      return 'message' in read ? read.message.raw : null
    }
    expect(await told({ 1: 'words' }, 'all')).toEqual({ conversation: 'words' })
    expect(await told({ 1: 'words' }, 'unsupported')).toBeUndefined()
    expect(await told({ 129: '' }, 'unsupported')).toEqual({ musicMessage: '' })
    expect(await told({ 129: '' }, 'none')).toBeUndefined()
  })
})
