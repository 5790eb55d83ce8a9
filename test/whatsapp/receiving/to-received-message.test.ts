import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { Person } from '../../../src/messages/person.ts'
import { completeMessage, wholeMessage } from '../../../src/messages/received.ts'
import {
  type TranslationContext,
  toReceivedMessage,
} from '../../../src/whatsapp/receiving/to-received-message.ts'

const NOW = Date.UTC(2026, 0, 1)
const ana: Person = {
  chatId: '998@lid',
  lid: '998@lid',
  number: '34600@s.whatsapp.net',
  username: null,
  names: ['998@lid', '34600@s.whatsapp.net'],
  learntAt: 0,
}
const context: TranslationContext = {
  me: { id: '111:5@s.whatsapp.net', lid: '555:5@lid' },
  inboundFromMe: false,
  inboundIgnore: ['status', 'newsletter'],
  foreignMediaHost: false,
  personOf: async name => (ana.names.includes(name) ? ana : null),
  originals: async () => [],
  subjectOf: jid => (jid === '120363@g.us' ? 'Team' : null),
  now: () => NOW,
}
const withOwn = { ...context, inboundFromMe: true }

type Key = Partial<WAMessage['key']>
function received(message: proto.IMessage | null, key: Key = {}, rest: Partial<WAMessage> = {}): WAMessage {
  // As it comes from the wire: encoded and decoded, so that only the fields that were set exist.
  const decoded = message && proto.Message.decode(proto.Message.encode(message).finish())
  return {
    key: { remoteJid: '34600@s.whatsapp.net', fromMe: false, id: 'ID1', ...key },
    message: decoded,
    messageTimestamp: 1_700_000_000,
    pushName: 'Ana',
    ...rest,
  }
}
async function taken(message: WAMessage, using = context, offline = false) {
  const result = await toReceivedMessage(message, offline, using)
  if ('ignored' in result) throw new Error(result.ignored)
  wholeMessage.parse(completeMessage(result.message))
  return result
}
const text = { conversation: 'hola' }

describe('a file without a key', () => {
  it('is one of a newsletter, and of nobody else', async () => {
    const imageMessage = { directPath: '/v/x', fileSha256: Buffer.alloc(32, 1), caption: 'look' }
    const from = (remoteJid: string) =>
      toReceivedMessage({ key: { id: 'A', remoteJid, fromMe: false }, message: { imageMessage } }, false, {
        ...context,
        inboundIgnore: [],
      })
    expect(await from('1@newsletter')).toMatchObject({
      media: { mediaKey: '' },
      message: { media: { size: 0 } },
    })
    expect(await from('34611000001@s.whatsapp.net')).toMatchObject({
      message: { caption: 'look', media: null },
    })
    expect(await from('34611000001@s.whatsapp.net')).not.toHaveProperty('media')
  })
})

describe('toReceivedMessage', () => {
  it('translates every field of a text in a direct chat', async () => {
    expect(await taken(received(text))).toEqual({
      dedupeKey: '998@lid||0|ID1',
      formerKeys: [],
      message: {
        message_id: 'ID1',
        from: '34600',
        from_lid: '998@lid',
        from_me: false,
        chat_id: '998@lid',
        participant: null,
        is_group: false,
        subject: null,
        push_name: 'Ana',
        type: 'text',
        body: 'hola',
        caption: null,
        media: null,
        reply_to: null,
        timestamp: '2023-11-14T22:13:20.000Z',
        offline: false,
      },
    })
  })

  it('gives one dedupe key to one message, by whichever address it came', async () => {
    const keys = [
      received(text),
      received(text, { remoteJidAlt: '998@lid' }),
      received(text, { remoteJid: '998@lid' }),
      received(text, { remoteJid: '998:3@lid', remoteJidAlt: '34600@s.whatsapp.net' }),
      received(text, { remoteJid: '34600:3@s.whatsapp.net', remoteJidAlt: '998:3@lid' }),
    ].map(async message => (await taken(message)).dedupeKey)
    expect(new Set(await Promise.all(keys))).toEqual(new Set(['998@lid||0|ID1']))
    const others = [
      received(text, { id: 'ID2' }),
      received(text, { remoteJid: '34699@s.whatsapp.net' }),
      received(text, { fromMe: true }),
      received(text, { remoteJid: '1@g.us', participant: '998@lid' }),
    ].map(async message => (await taken(message, withOwn)).dedupeKey)
    expect(new Set(await Promise.all([...keys, ...others])).size).toBe(5)
  })

  it('keeps the chat that it came from and gives number and LID of the author', async () => {
    const fromLid = await taken(
      received(text, { remoteJid: '777@lid', remoteJidAlt: '34601@s.whatsapp.net' }),
    )
    expect(fromLid.message).toMatchObject({ chat_id: '777@lid', from: '34601', from_lid: '777@lid' })
    const unknown = (await taken(received(text, { remoteJid: '778@lid' }))).message
    expect(unknown).toMatchObject({ chat_id: '778@lid', from: null, from_lid: '778@lid' })
    const unmapped = await taken(received(text, { remoteJid: '34602@s.whatsapp.net' }))
    expect(unmapped.message).toMatchObject({ chat_id: '34602@s.whatsapp.net', from: '34602', from_lid: null })
    expect(unmapped.dedupeKey).toBe('34602@s.whatsapp.net||0|ID1')
  })

  it('gives the author in a group', async () => {
    const group = received(text, {
      remoteJid: '120363@g.us',
      participant: '998:2@lid',
      participantAlt: '34600@s.whatsapp.net',
    })
    const { message, dedupeKey } = await taken(group)
    expect(message).toMatchObject({
      chat_id: '120363@g.us',
      is_group: true,
      subject: 'Team',
      participant: '998@lid',
      from: '34600',
      from_lid: '998@lid',
    })
    expect(dedupeKey).toBe('120363@g.us|998@lid|0|ID1')
    const sameByNumber = received(text, { remoteJid: '120363@g.us', participant: '34600@s.whatsapp.net' })
    expect((await taken(sameByNumber)).dedupeKey).toBe(dedupeKey)
  })

  it('puts a message of a broadcast list into the chat with its sender', async () => {
    const list = received(text, { remoteJid: '42@broadcast', participant: '34600@s.whatsapp.net' })
    expect(await taken(list)).toMatchObject({
      dedupeKey: '998@lid||0|ID1',
      message: { chat_id: '998@lid', is_group: false, participant: null, from: '34600' },
    })
  })

  it('translates what the own phone wrote only when it is asked to, as from the own account', async () => {
    const own = received(text, { fromMe: true, remoteJidAlt: '555@lid' })
    expect(await toReceivedMessage(own, false, context)).toEqual({ ignored: 'written on the own phone' })
    expect(await taken(own, withOwn)).toMatchObject({
      dedupeKey: '998@lid||1|ID1',
      message: { from_me: true, from: '111', from_lid: '555@lid', chat_id: '998@lid' },
    })
  })

  it('knows the chat with oneself', async () => {
    const notes = received(text, { remoteJid: '111@s.whatsapp.net', remoteJidAlt: '555@lid', fromMe: true })
    expect(await taken(notes, withOwn)).toMatchObject({
      dedupeKey: '555@lid||1|ID1',
      message: { from: '111' },
    })
  })

  it('takes the time from WhatsApp, and from the clock when WhatsApp gives none', async () => {
    const long = {
      low: 1_700_000_000,
      high: 0,
      unsigned: true,
      toNumber: () => 1_700_000_000,
      toString: () => '1700000000',
    }
    const dated = async (messageTimestamp: unknown) =>
      (await taken(received(text, {}, { messageTimestamp } as Partial<WAMessage>))).message
    expect((await dated(long)).timestamp).toBe('2023-11-14T22:13:20.000Z')
    for (const nothing of [0, Number.NaN, null, undefined, 99_999_999_999_999]) {
      expect((await dated(nothing)).timestamp).toBe('2026-01-01T00:00:00.000Z')
    }
  })

  it('says whether the message waited at WhatsApp', async () => {
    expect((await taken(received(text), context, true)).message.offline).toBe(true)
  })

  it.each([
    ['a stub that was not decrypted', received(null, {}, { messageStubType: 2 })],
    ['a stub with content', received(text, {}, { messageStubType: 2 })],
    ['a status', received(text, { remoteJid: 'status@broadcast', participant: '34600@s.whatsapp.net' })],
    ['a newsletter', received(text, { remoteJid: '1@newsletter' })],
    ['no chat', received(text, { remoteJid: undefined })],
    ['no id', received(text, { id: undefined })],
    ['nothing', received(null)],
    ['a notice of a group', received(null, { remoteJid: '1@g.us' }, { messageStubType: 21 })],
    [
      'a Signal key',
      received({ senderKeyDistributionMessage: { groupId: '1@g.us' } }, { remoteJid: '1@g.us' }),
    ],
    ['a protocol message', received({ protocolMessage: { type: 5 } })],
    ['a missed call', received({ call: { callKey: Buffer.from('x') } })],
  ])('ignores %s', async (_, message) => {
    expect(await toReceivedMessage(message, false, context)).toHaveProperty('ignored')
  })

  it('translates a status and a newsletter unless they are ignored', async () => {
    const all = { ...context, inboundIgnore: [] }
    const status = received(text, { remoteJid: 'status@broadcast', participant: '998@lid' })
    expect((await taken(status, all)).message).toMatchObject({
      chat_id: 'status@broadcast',
      participant: '998@lid',
      from: '34600',
    })
    expect((await taken(received(text, { remoteJid: '1@newsletter' }), all)).message.chat_id).toBe(
      '1@newsletter',
    )
  })

  const key: proto.IMessageKey = { id: 'OLD', remoteJid: 'x@lid', fromMe: true }
  const contextInfo = { stanzaId: 'OLD' }
  it.each<[string, proto.IMessage, object]>([
    ['text', { extendedTextMessage: { text: 'hi', contextInfo } }, { body: 'hi', reply_to: 'OLD' }],
    ['text', { ephemeralMessage: { message: text } }, { body: 'hola' }],
    ['text', { deviceSentMessage: { destinationJid: 'x', message: text } }, { body: 'hola' }],
    ['text', { ephemeralMessage: { message: { viewOnceMessageV2: { message: text } } } }, { body: 'hola' }],
    ['text', { senderKeyDistributionMessage: { groupId: 'g' }, conversation: 'hola' }, { body: 'hola' }],
    [
      'text',
      { messageContextInfo: { messageSecret: Buffer.alloc(32) }, conversation: 'hola' },
      { body: 'hola' },
    ],
    ['text', { conversation: '' }, { body: '' }],
    [
      'text',
      { buttonsResponseMessage: { selectedDisplayText: 'Yes', contextInfo } },
      { body: 'Yes', reply_to: 'OLD' },
    ],
    ['text', { listResponseMessage: { title: 'Large' } }, { body: 'Large' }],
    [
      'image',
      { imageMessage: { caption: 'sea', contextInfo } },
      { caption: 'sea', body: null, reply_to: 'OLD' },
    ],
    ['image', { viewOnceMessage: { message: { imageMessage: {} } } }, { caption: null }],
    ['video', { videoMessage: { caption: 'v' } }, { caption: 'v' }],
    ['video', { ptvMessage: {} }, {}],
    ['audio', { audioMessage: { ptt: true } }, { body: null }],
    [
      'document',
      { documentWithCaptionMessage: { message: { documentMessage: { caption: 'd' } } } },
      { caption: 'd' },
    ],
    ['sticker', { stickerMessage: {} }, {}],
    ['sticker', { lottieStickerMessage: { message: { stickerMessage: {} } } }, {}],
    ['reaction', { reactionMessage: { text: '👍', key } }, { body: '👍', reply_to: 'OLD' }],
    ['reaction', { reactionMessage: { text: '', key } }, { body: '', reply_to: 'OLD' }],
    ['poll', { pollCreationMessageV3: { name: 'Where?' } }, { body: 'Where?' }],
    ['unsupported', { orderMessage: {} }, { body: 'orderMessage', caption: null }],
  ])('reads %s from %o', async (type, message, fields) => {
    expect((await taken(received(message))).message).toMatchObject({ type, ...fields })
  })

  it('gives the type unsupported to what is newer than this program', async () => {
    const future = received(null, {}, { message: { somethingNewMessage: { x: 1 } } as proto.IMessage })
    expect((await taken(future)).message).toMatchObject({ type: 'unsupported', body: 'somethingNewMessage' })
  })

  it('gives the type unsupported to a view-once message that only the phone shows', async () => {
    expect((await taken(received(null, { isViewOnce: true } as Key))).message).toMatchObject({
      type: 'unsupported',
      body: 'viewOnceMessage',
    })
  })

  it('gives the type unsupported to endless wrappers', async () => {
    let nested: proto.IMessage = text
    for (let i = 0; i < 50; i++) nested = { ephemeralMessage: { message: nested } }
    expect((await taken(received(nested))).message).toMatchObject({
      type: 'unsupported',
      body: 'ephemeralMessage',
    })
  })
})
