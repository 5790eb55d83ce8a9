import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completeMessage, wholeMessage } from '../../../src/messages/received.ts'
import { readContent } from '../../../src/whatsapp/content/read-content.ts'
import { toReceivedMessage } from '../../../src/whatsapp/receiving/to-received-message.ts'
import { assertProperty } from '../../property.ts'

/** As it comes from the wire: encoded and decoded, so that only the fields that were set exist. */
const wired = (message: proto.IMessage) => proto.Message.decode(proto.Message.encode(message).finish())
const { Type } = proto.Message.ProtocolMessage
const key = { id: 'OLD', remoteJid: 'x@lid', fromMe: true }

function read(message: proto.IMessage) {
  const said = readContent(wired(message))
  if ('ignored' in said) throw new Error(said.ignored)
  return said
}

describe('the content of a message', () => {
  it.each<[string, proto.IMessage, object]>([
    [
      'location',
      {
        locationMessage: {
          degreesLatitude: 40.4168,
          degreesLongitude: -3.7038,
          name: 'Sol',
          address: 'Madrid',
        },
      },
      { body: '40.4168,-3.7038', caption: 'Sol\nMadrid' },
    ],
    [
      'location',
      { locationMessage: { degreesLatitude: 0, degreesLongitude: 0 } },
      { body: '0,0', caption: null },
    ],
    [
      'location',
      { liveLocationMessage: { degreesLatitude: 1.5, degreesLongitude: 2, caption: 'on my way' } },
      { body: '1.5,2', caption: 'on my way' },
    ],
    [
      'contact',
      { contactMessage: { displayName: 'Ben', vcard: 'BEGIN:VCARD\nFN:Ben\nEND:VCARD' } },
      { body: 'BEGIN:VCARD\nFN:Ben\nEND:VCARD', caption: 'Ben' },
    ],
    [
      'contact',
      {
        contactsArrayMessage: {
          displayName: '2 contacts',
          contacts: [
            { displayName: 'A', vcard: 'VA' },
            { displayName: 'B', vcard: 'VB' },
          ],
        },
      },
      { body: 'VA\nVB', caption: 'A\nB' },
    ],
    ['contact', { contactsArrayMessage: { contacts: [] } }, { body: null, caption: null }],
    [
      'poll',
      {
        pollCreationMessageV3: { name: 'Where?', options: [{ optionName: 'Here' }, { optionName: 'There' }] },
      },
      { body: 'Where?', caption: 'Here\nThere' },
    ],
    ['poll_vote', { pollUpdateMessage: { pollCreationMessageKey: key } }, { body: null, replyTo: 'OLD' }],
    [
      'group_invite',
      { groupInviteMessage: { groupJid: '1@g.us', groupName: 'Team', caption: 'join us' } },
      { body: 'Team', caption: 'join us' },
    ],
    ['delete', { protocolMessage: { type: Type.REVOKE, key } }, { body: null, replyTo: 'OLD' }],
    [
      'edit',
      {
        editedMessage: {
          message: {
            protocolMessage: { type: Type.MESSAGE_EDIT, key, editedMessage: { conversation: 'new' } },
          },
        },
      },
      { body: 'new', replyTo: 'OLD' },
    ],
    [
      'edit',
      {
        protocolMessage: {
          type: Type.MESSAGE_EDIT,
          key,
          editedMessage: { imageMessage: { caption: 'new words' } },
        },
      },
      { body: 'new words', replyTo: 'OLD', file: null },
    ],
    ['edit', { protocolMessage: { type: Type.MESSAGE_EDIT, key } }, { body: null, replyTo: 'OLD' }],
    ['unsupported', { paymentInviteMessage: {} }, { body: 'paymentInviteMessage' }],
    ['unsupported', { protocolMessage: { type: 99 as never, key } }, { body: 'protocolMessage.99' }],
    ['unsupported', { viewOnceMessage: {} }, { body: 'viewOnceMessage' }],
  ])('of type %s is read from %j', (type, message, rest) => {
    expect(read(message)).toMatchObject({ type, ...rest })
  })

  it('is unsupported, not ignored, when every field of it is newer than this program', () => {
    // Field 15000 of a message, with two bytes in it.
    const newer = Buffer.from([0xc2, 0xa9, 0x07, 0x02, 0x08, 0x01])
    expect(readContent(proto.Message.decode(newer))).toMatchObject({ type: 'unsupported', body: 'unknown' })
    const withContext = Buffer.concat([
      newer,
      proto.Message.encode({ messageContextInfo: { messageSecret: Buffer.alloc(32) } }).finish(),
    ])
    expect(readContent(proto.Message.decode(withContext))).toMatchObject({ type: 'unsupported' })
  })

  it.each(
    Object.entries(Type).filter(([name]) => !['REVOKE', 'MESSAGE_EDIT'].includes(name)),
  )('is ignored, with the reason, when it is a protocol message of type %s', (_, type) => {
    expect(readContent(wired({ protocolMessage: { type: type as never, key } }))).toEqual({
      ignored: expect.stringMatching(/\w/),
    })
  })

  it('is ignored when it changes a message that it does not name', () => {
    for (const type of [Type.REVOKE, Type.MESSAGE_EDIT, undefined])
      expect(readContent(wired({ protocolMessage: type === undefined ? {} : { type } }))).toHaveProperty(
        'ignored',
      )
  })
})

describe('the file of a message', () => {
  const hash = Buffer.alloc(32, 7)
  const part = {
    url: 'https://evil.example/v/t62?x=1',
    directPath: '/v/t62/file?ccb=1',
    mediaKey: Buffer.alloc(32, 9),
    fileSha256: hash,
    fileEncSha256: Buffer.alloc(32, 8),
    fileLength: 1234,
    mimetype: 'application/pdf',
    seconds: 12,
  }
  const kinds: [string, proto.IMessage][] = [
    ['image', { imageMessage: part }],
    ['video', { videoMessage: part }],
    ['video', { ptvMessage: part }],
    ['audio', { audioMessage: { ...part, ptt: true } }],
    ['document', { documentMessage: part }],
    ['document', { documentWithCaptionMessage: { message: { documentMessage: part } } }],
    ['sticker', { stickerMessage: part }],
    ['image', { viewOnceMessageV2: { message: { imageMessage: part } } }],
    ['image', { ephemeralMessage: { message: { imageMessage: part } } }],
  ]

  it.each(kinds)('of kind %s is read from %j', (kind, message) => {
    const { type, file } = read(message)
    expect(type).toBe(kind)
    expect(file?.media).toMatchObject({ id: hash.toString('hex'), mimetype: 'application/pdf', size: 1234 })
    expect(file?.source).toEqual({
      id: hash.toString('hex'),
      kind,
      directPath: '/v/t62/file?ccb=1',
      host: 'evil.example',
      mediaKey: part.mediaKey.toString('base64'),
      encryptedId: part.fileEncSha256.toString('hex'),
      size: 1234,
    })
  })

  it('of a voice note says so, of other audio that it is none, of other files nothing', () => {
    const pttOf = (message: proto.IMessage) => read(message).file?.media.ptt
    expect(pttOf({ audioMessage: { ...part, ptt: true } })).toBe(true)
    expect(pttOf({ audioMessage: part })).toBe(false)
    expect(pttOf({ videoMessage: part })).toBeUndefined()
    expect(pttOf({ ptvMessage: part })).toBeUndefined()
  })

  it('is null, and the type of the message stays, without a usable key, hash or place', () => {
    const broken = [
      { mediaKey: Buffer.alloc(31) },
      { fileSha256: null },
      { fileSha256: Buffer.alloc(20) },
      { directPath: null, url: null },
      { directPath: '', url: 'not a url' },
    ]
    for (const one of broken)
      expect(read({ imageMessage: { ...part, caption: 'c', ...one } })).toMatchObject({
        type: 'image',
        caption: 'c',
        file: null,
      })
  })

  it('is located by its URL when the message has no path', () => {
    expect(read({ imageMessage: { ...part, directPath: null } }).file?.source.directPath).toBe('/v/t62?x=1')
  })

  it('has a name without folders and line ends and of limited length, and a MIME type on one line', () => {
    const named = (fileName: string, mimetype = 'text/html') =>
      read({ documentMessage: { ...part, fileName, mimetype } }).file!.media
    expect(named('../../etc/passwd').filename).toBe('passwd')
    expect(named('C:\\temp\\a\r\nb.pdf').filename).toBe('ab.pdf')
    expect(named('x'.repeat(5000)).filename).toHaveLength(255)
    expect(named('/').filename).toBeNull()
    expect(named('a', 'text/html\r\nX-Evil: 1').mimetype).toBe('text/htmlX-Evil: 1')
    expect(named('a', '').mimetype).toBe('application/octet-stream')
  })

  const context = {
    me: { id: '111@s.whatsapp.net', lid: null },
    inboundFromMe: false,
    inboundIgnore: [],
    personOf: async () => null,
    originals: async () => [],
    subjectOf: () => null,
    now: () => 0,
  }
  const received = {
    key: { remoteJid: '34600@s.whatsapp.net', id: 'ID' },
    message: wired({ imageMessage: part }),
  }

  it('is fetched from WhatsApp, whatever host the sender names, unless this is a simulator', async () => {
    const real = await toReceivedMessage(received, false, { ...context, foreignMediaHost: false })
    const simulated = await toReceivedMessage(received, false, { ...context, foreignMediaHost: true })
    expect(real).toMatchObject({ media: { host: null } })
    expect(simulated).toMatchObject({ media: { host: 'evil.example' } })
  })

  it('has a key that the message for Laravel does not contain', async () => {
    const inbound = await toReceivedMessage(received, false, { ...context, foreignMediaHost: false })
    if ('ignored' in inbound) throw new Error(inbound.ignored)
    wholeMessage.parse(completeMessage(inbound.message))
    const told = JSON.stringify(inbound.message)
    for (const secret of [part.mediaKey.toString('base64'), part.mediaKey.toString('hex'), 't62'])
      expect(told).not.toContain(secret)
  })
})

/** Fields that are no words of a person: alone they are dropped, and nothing else may be. */
const SILENT = new Set(
  `messageContextInfo senderKeyDistributionMessage fastRatchetKeySenderKeyDistributionMessage albumMessage botTaskMessage call
  callLogMesssage chat groupStatusMentionMessage keepInChatMessage limitSharingMessage messageHistoryBundle messageHistoryNotice
  pinInChatMessage protocolMessage statusMentionMessage statusNotificationMessage stickerSyncRmrMessage
  secretEncryptedMessage encReactionMessage encCommentMessage encEventResponseMessage pollUpdateMessage`.split(
    /\s+/,
  ),
)

/** The names of all fields of a message: protobufjs puts every one on the prototype. */
const ALL = Object.keys(proto.Message.prototype).filter(name => !name.startsWith('_') && name !== 'toJSON')

const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.uint8Array({ maxLength: 40 }),
  fc.constant(null),
)
const inside = fc.dictionary(
  fc.constantFrom(
    ...[
      'text',
      'caption',
      'name',
      'title',
      'url',
      'directPath',
      'mediaKey',
      'fileSha256',
      'fileLength',
      'mimetype',
    ],
    ...[
      'fileName',
      'degreesLatitude',
      'degreesLongitude',
      'vcard',
      'displayName',
      'selectedDisplayText',
      'type',
      'key',
    ],
  ),
  fc.oneof(scalar, fc.record({ id: fc.option(fc.string()), remoteJid: fc.string() })),
)
const { message } = fc.letrec<{ message: Record<string, unknown> }>(tie => ({
  message: fc.dictionary(
    fc.constantFrom(...ALL),
    fc.oneof(
      { maxDepth: 8, depthSize: 'small' },
      inside,
      fc.record({ message: tie('message') }),
      inside.map(contextInfo => ({ contextInfo })),
    ),
    { maxKeys: 4 },
  ),
}))

describe('random messages', () => {
  const context = {
    me: { id: '111@s.whatsapp.net', lid: '222@lid' },
    inboundFromMe: true,
    inboundIgnore: [],
    foreignMediaHost: false,
    personOf: async () => null,
    originals: async () => [],
    subjectOf: () => null,
    now: () => 1_700_000_000_000,
  }

  it('are made of all fields of the protocol', () => {
    expect(ALL.length).toBeGreaterThan(80)
    expect([...SILENT].filter(name => !ALL.includes(name))).toEqual([])
  })

  it('never throw and are never lost', async () => {
    let delivered = 0
    await assertProperty(
      fc.asyncProperty(message, fc.boolean(), async (random, fromMe) => {
        let content: proto.Message
        try {
          content = wired(proto.Message.fromObject(random))
        } catch {
          // Not every value fits into every field.
          return fc.pre(false)
        }
        const received = {
          key: { remoteJid: '34600@s.whatsapp.net', id: 'ID', fromMe },
          message: content,
          messageTimestamp: 1_700_000_000,
        }
        const inbound = await toReceivedMessage(received, false, context)
        if ('ignored' in inbound) {
          const loud = Object.keys(content).filter(
            name =>
              content[name as keyof proto.Message] != null &&
              !SILENT.has(name) &&
              !(content[name as keyof proto.Message] as { message?: unknown }).message,
          )
          expect(loud).toEqual([])
          expect(inbound.ignored).toMatch(/\w/)
        } else {
          delivered++
          wholeMessage.parse(completeMessage(JSON.parse(JSON.stringify(inbound.message))))
          if (inbound.message.type === 'unsupported') expect(inbound.message.body).toMatch(/\w/)
        }
      }),
      { numRuns: 1000 },
    )
    expect(delivered).toBeGreaterThan(500)
  })

  it('made of random bytes never throw', async () => {
    await assertProperty(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async bytes => {
        let content: proto.Message
        try {
          content = proto.Message.decode(bytes)
        } catch {
          return
        }
        expect(
          await toReceivedMessage(
            { key: { remoteJid: '1@lid', id: 'ID' }, message: content },
            false,
            context,
          ),
        ).toBeDefined()
      }),
      { numRuns: 1000 },
    )
  })
})
