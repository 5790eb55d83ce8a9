import type { Readable } from 'node:stream'
import {
  type AnyMessageContent,
  type MessageRelayOptions,
  proto,
  type WAMessageKey,
} from '@whiskeysockets/baileys'
import type { LinkPreview, MediaContent, SendContent } from '../../messages/send.ts'
import { isGroup } from '../jid.ts'

/** The message that a send answers, reacts to, edits or deletes. */
export interface ReferencedMessage {
  key: WAMessageKey
  /** Its author's jid. */
  author: string
  /** What it is, as the API names it. */
  type: string
  /** What is shown of it in a quote. */
  quote: proto.IMessage
}

/** What must be found before a send can be built. */
export interface ContentParts {
  /** The bytes of its file; read once. */
  file: Readable | null
  referenced: ReferencedMessage | null
}

/** What Baileys must be given to send this content. A null preview keeps Baileys from fetching links in the text. */
export function toBaileysContent(
  content: SendContent,
  { file, referenced }: ContentParts,
): AnyMessageContent {
  const mentions = content.mentions && { mentions: content.mentions }
  const contextInfo = referenced && {
    contextInfo: {
      stanzaId: referenced.key.id ?? null,
      participant: referenced.author,
      quotedMessage: referenced.quote,
      ...(content.mentions && { mentionedJid: content.mentions }),
    },
  }
  switch (content.type) {
    case 'text':
      return { text: content.body, linkPreview: linkPreviewOf(content.preview), ...mentions, ...contextInfo }
    case 'location':
      return {
        location: {
          degreesLatitude: content.latitude,
          degreesLongitude: content.longitude,
          name: content.name,
          address: content.address,
        },
        ...contextInfo,
      }
    case 'contact': {
      const contacts = content.contacts.map(({ name, phone }) => ({
        displayName: name,
        vcard: vcardOf(name, phone),
      }))
      const [first] = contacts
      const displayName = contacts.length === 1 ? first!.displayName : `${contacts.length} contacts`
      return { contacts: { displayName, contacts }, ...contextInfo }
    }
    case 'reaction':
      return { react: { key: keyOf(referenced), text: content.body } }
    case 'poll':
      return {
        poll: { name: content.body, values: content.options, selectableCount: content.select },
        ...contextInfo,
      }
    case 'edit':
      return { text: content.body, linkPreview: null, edit: keyOf(referenced), ...mentions }
    case 'delete':
      return { delete: keyOf(referenced) }
    default:
      return { ...fileContent(content, file), ...mentions, ...contextInfo }
  }
}

/** The names are those of link-preview-js, which Baileys would use. */
function linkPreviewOf(preview: LinkPreview | undefined) {
  if (preview === undefined) return null
  const { url, title, description, thumbnail } = preview
  return {
    'canonical-url': url,
    'matched-text': url,
    title,
    ...(description !== null && { description }),
    ...(thumbnail !== null && { jpegThumbnail: Buffer.from(thumbnail, 'base64') }),
  }
}

/** The fields of a file whose words can be changed. */
const CAPTIONED: Record<string, 'imageMessage' | 'videoMessage' | 'documentMessage'> = {
  image: 'imageMessage',
  video: 'videoMessage',
  gif: 'videoMessage',
  document: 'documentMessage',
}

/**
 * The edit of the words under a file; null for every other content. Phones take them as a caption of the same kind of file, and show
 * nothing of a plain text (whatsmeow, issue 684); Baileys would upload the file again.
 */
export function captionEdit(
  content: SendContent,
  referenced: ReferencedMessage | null,
  now: number,
): proto.IMessage | null {
  const field = content.type === 'edit' && referenced !== null ? CAPTIONED[referenced.type] : undefined
  if (field === undefined || content.type !== 'edit') return null
  const contextInfo = content.mentions && { contextInfo: { mentionedJid: content.mentions } }
  const file = { [field]: { caption: content.body, ...contextInfo } }
  return {
    protocolMessage: {
      key: keyOf(referenced),
      type: proto.Message.ProtocolMessage.Type.MESSAGE_EDIT,
      editedMessage: field === 'documentMessage' ? { documentWithCaptionMessage: { message: file } } : file,
      timestampMs: now,
    },
  }
}

function fileContent(content: MediaContent, file: Readable | null): AnyMessageContent {
  const { media, caption, ptt } = content
  if (file === null) throw new Error(`a message of type ${content.type} without its file`)
  const stream = { stream: file }
  const words = caption !== null && { caption }
  const mimetype = media.mimetype !== null && { mimetype: media.mimetype }
  const size = media.width !== null && media.height !== null && { width: media.width, height: media.height }
  // An empty thumbnail keeps Baileys from making one, for which it would hold the file in memory.
  const jpegThumbnail = media.thumbnail ?? ''
  switch (content.type) {
    case 'image':
      return { image: stream, jpegThumbnail, ...mimetype, ...size, ...words }
    case 'video':
    case 'gif':
      return {
        video: stream,
        gifPlayback: content.type === 'gif',
        jpegThumbnail,
        ...(media.seconds !== null && { seconds: media.seconds }),
        ...mimetype,
        ...size,
        ...words,
      }
    case 'audio':
      return {
        audio: stream,
        ptt,
        seconds: media.seconds ?? 0,
        ...mimetype,
        waveform: media.waveform === null ? new Uint8Array(0) : Buffer.from(media.waveform, 'base64'),
      } as AnyMessageContent
    case 'document':
      return {
        document: stream,
        mimetype: media.mimetype ?? 'application/octet-stream',
        fileName: media.filename ?? 'file',
        ...words,
      }
    case 'sticker':
      return { sticker: stream, ...mimetype, ...size }
  }
}

/** What a stanza must say about what it carries; as Baileys' own `sendMessage` does (messages-send.js). */
export function stanzaOptions(
  content: SendContent,
  referenced: ReferencedMessage | null,
): Pick<MessageRelayOptions, 'additionalAttributes' | 'additionalNodes'> {
  if (content.type === 'poll') return { additionalNodes: [{ tag: 'meta', attrs: { polltype: 'creation' } }] }
  if (content.type === 'edit') return { additionalAttributes: { edit: '1' } }
  if (content.type !== 'delete') return {}
  const ofAnother = isGroup(content.to) && referenced?.key.fromMe !== true
  return { additionalAttributes: { edit: ofAnother ? '8' : '7' } }
}

function keyOf(referenced: ReferencedMessage | null): WAMessageKey {
  if (referenced === null) throw new Error('a message that refers to none')
  return referenced.key
}

/** RFC 6350 has `\`, `,`, `;` and line ends escaped; WhatsApp reads version 3.0 with the number as `waid`. */
function vcardOf(name: string, phone: string): string {
  const digits = phone.replace(/\D/g, '')
  const text = name.replace(/([\\,;])/g, '\\$1').replace(/\r?\n/g, '\\n')
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `FN:${text}`,
    `TEL;type=CELL;type=VOICE;waid=${digits}:+${digits}`,
    'END:VCARD',
  ].join('\n')
}
