import { Readable } from 'node:stream'
import { generateWAMessageContent } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { MediaContent, SendContent } from '../../../src/messages/send.ts'
import {
  type ReferencedMessage,
  stanzaOptions,
  toBaileysContent,
} from '../../../src/whatsapp/sending/to-baileys-content.ts'

const to = '998@lid'
const upload = async () => ({ mediaUrl: 'https://mmg.test/x', directPath: '/x' })
const build = (
  content: SendContent,
  referenced: ReferencedMessage | null = null,
  file: Readable | null = null,
) => generateWAMessageContent(toBaileysContent(content, { file, referenced }), { upload })

const referenced: ReferencedMessage = {
  key: { remoteJid: to, fromMe: true, id: 'OLD' },
  author: '34600000001@s.whatsapp.net',
  type: 'text',
  quote: { conversation: 'what was said' },
}

describe('a text', () => {
  const content = { type: 'text', to, body: 'see https://example.test/x', reply_to: null } as const

  it('never makes Baileys fetch a link in it', async () => {
    let asked = 0
    const getUrlInfo = async () => {
      asked++
      return undefined
    }
    const message = await generateWAMessageContent(
      toBaileysContent(content, { file: null, referenced: null }),
      {
        getUrlInfo,
        upload,
      },
    )
    expect(message.extendedTextMessage?.text).toBe(content.body)
    expect(asked).toBe(0)
  })

  it('quotes the message that it answers and mentions people', async () => {
    const mentions = ['34600000009@s.whatsapp.net']
    const message = await build({ ...content, reply_to: 'OLD', mentions }, referenced)
    expect(message.extendedTextMessage?.contextInfo).toMatchObject({
      stanzaId: 'OLD',
      participant: '34600000001@s.whatsapp.net',
      quotedMessage: { conversation: 'what was said' },
      mentionedJid: mentions,
    })
  })
})

describe('the content for Baileys of a send without a file', () => {
  it('is right for a location', async () => {
    const content: SendContent = {
      type: 'location',
      to,
      reply_to: null,
      latitude: 19.43,
      longitude: -99.13,
      name: 'Zócalo',
      address: null,
    }
    expect((await build(content)).locationMessage).toMatchObject({
      degreesLatitude: 19.43,
      degreesLongitude: -99.13,
      name: 'Zócalo',
    })
  })

  it('is right for one contact and for several, also with line ends in a name', async () => {
    const contact = (name: string) => ({ name, phone: '+34 600000002' })
    const one = await build({ type: 'contact', to, reply_to: null, contacts: [contact('Ana;\nTEL:1,')] })
    expect(one.contactMessage?.displayName).toBe('Ana;\nTEL:1,')
    expect(one.contactMessage?.vcard?.split('\n')).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'FN:Ana\\;\\nTEL:1\\,',
      'TEL;type=CELL;type=VOICE;waid=34600000002:+34600000002',
      'END:VCARD',
    ])
    const two = await build({
      type: 'contact',
      to,
      reply_to: null,
      contacts: [contact('Ana'), contact('Eva')],
    })
    expect(two.contactsArrayMessage?.contacts).toHaveLength(2)
  })

  it('is right for a reaction and for taking it back', async () => {
    for (const body of ['👍', '']) {
      const { reactionMessage } = await build({ type: 'reaction', to, reply_to: 'OLD', body }, referenced)
      expect(reactionMessage).toMatchObject({ text: body, key: { id: 'OLD', remoteJid: to, fromMe: true } })
    }
  })

  it('is right for a poll', async () => {
    const content: SendContent = {
      type: 'poll',
      to,
      reply_to: null,
      body: 'When?',
      options: ['a', 'b'],
      select: 1,
    }
    const message = await build(content)
    expect(message.pollCreationMessageV3).toMatchObject({
      name: 'When?',
      options: [{ optionName: 'a' }, { optionName: 'b' }],
    })
    expect(message.messageContextInfo?.messageSecret).toHaveLength(32)
    expect(stanzaOptions(content, null)).toEqual({
      additionalNodes: [{ tag: 'meta', attrs: { polltype: 'creation' } }],
    })
  })

  it('is right for an edit and for a deletion', async () => {
    const edit: SendContent = { type: 'edit', to, reply_to: 'OLD', body: 'better' }
    const { protocolMessage } = await build(edit, referenced)
    expect(protocolMessage).toMatchObject({
      key: { id: 'OLD' },
      editedMessage: { extendedTextMessage: { text: 'better' } },
    })
    expect(stanzaOptions(edit, referenced)).toEqual({ additionalAttributes: { edit: '1' } })
    const gone: SendContent = { type: 'delete', to, reply_to: 'OLD' }
    expect((await build(gone, referenced)).protocolMessage).toMatchObject({ key: { id: 'OLD' }, type: 0 })
    expect(stanzaOptions(gone, referenced)).toEqual({ additionalAttributes: { edit: '7' } })
  })
})

describe('the content for Baileys of a send with a file', () => {
  const media: MediaContent['media'] = {
    url: null,
    id: 'a'.repeat(64),
    ready: true,
    mimetype: null,
    filename: null,
    size: 4,
    seconds: null,
    width: null,
    height: null,
    waveform: null,
    thumbnail: null,
  }
  const content = (
    type: MediaContent['type'],
    over: Partial<MediaContent['media']> = {},
    ptt = false,
  ): MediaContent => ({
    type,
    to,
    reply_to: null,
    media: { ...media, ...over },
    caption: type === 'sticker' || type === 'audio' ? null : 'look',
    ptt,
  })
  const file = () => Readable.from([Buffer.from('file')])

  it('cannot be made without the bytes of the file', () => {
    expect(() => toBaileysContent(content('image'), { file: null, referenced: null })).toThrow(
      /without its file/,
    )
  })

  it('is right for an image with its thumbnail and size', async () => {
    const thumbnail = Buffer.from('jpeg').toString('base64')
    const image = content('image', { mimetype: 'image/png', width: 30, height: 20, thumbnail })
    const { imageMessage } = await build(image, null, file())
    expect(imageMessage).toMatchObject({
      mimetype: 'image/png',
      caption: 'look',
      width: 30,
      height: 20,
      directPath: '/x',
    })
    expect(Buffer.from(imageMessage!.jpegThumbnail as Uint8Array).toString()).toBe('jpeg')
  })

  it('is right for a video and for a GIF', async () => {
    const mimetype = 'video/mp4'
    expect((await build(content('video', { mimetype }), null, file())).videoMessage).toMatchObject({
      gifPlayback: false,
      mimetype,
    })
    expect((await build(content('gif', { mimetype }), null, file())).videoMessage).toMatchObject({
      gifPlayback: true,
    })
  })

  it('is right for a voice note with its length and waveform', async () => {
    const waveform = Buffer.from([1, 2, 3]).toString('base64')
    const voice = content('audio', { mimetype: 'audio/ogg; codecs=opus', seconds: 7, waveform }, true)
    const { audioMessage } = await build(voice, null, file())
    expect(audioMessage).toMatchObject({ ptt: true, seconds: 7, mimetype: 'audio/ogg; codecs=opus' })
    expect([...audioMessage!.waveform!]).toEqual([1, 2, 3])
  })

  it('is right for a document with its name and a quote, and for a sticker', async () => {
    const document = content('document', { mimetype: 'application/pdf', filename: 'bill.pdf' })
    const { documentMessage } = await build({ ...document, reply_to: 'OLD' }, referenced, file())
    expect(documentMessage).toMatchObject({
      fileName: 'bill.pdf',
      caption: 'look',
      contextInfo: { stanzaId: 'OLD' },
    })
    expect(
      (await build(content('sticker', { mimetype: 'image/webp' }), null, file())).stickerMessage?.mimetype,
    ).toBe('image/webp')
  })
})
