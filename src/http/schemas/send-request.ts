import { z } from 'zod'
import { callersOwnOf, type MediaType, type SendContent, type SendMedia } from '../../messages/send.ts'
import { base64File } from './base64-file.ts'
import { clientRef, metadata } from './callers-own.ts'
import { contactPhone, degrees, onceValid, optional, recipient, sessionId } from './fields.ts'
import { isInText, linkPreview, previewOf } from './link-preview.ts'

/** The names under which a request may give the recipient, the first one being its own. */
const RECIPIENT_NAMES = ['wa_id', 'waId', 'to', 'phone'] as const
const URL_NAMES = ['mediaUrl', 'media_url'] as const

const TEXT_MAX = 65_536
const CAPTION_MAX = 4096
const URL_MAX = 4096
/** WhatsApp's own limits of a poll. */
const POLL = { least: 2, most: 12, length: 100 }
const CONTACTS_MAX = 100
const MENTIONS_MAX = 1024

const MIMETYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}(?:\s*;[\x20-\x7e]{0,200})?$/

type Type = SendContent['type']
type Field = 'body' | 'media' | 'reply_to' | 'latitude' | 'longitude' | 'contacts' | 'options'

/** What each type cannot be without. */
const NEEDS: Record<Type, Field[]> = {
  text: ['body'],
  image: ['media'],
  video: ['media'],
  gif: ['media'],
  audio: ['media'],
  document: ['media'],
  sticker: ['media'],
  location: ['latitude', 'longitude'],
  contact: ['contacts'],
  reaction: ['reply_to', 'body'],
  poll: ['body', 'options'],
  edit: ['reply_to', 'body'],
  delete: ['reply_to'],
}
const TYPES = Object.keys(NEEDS) as [Type, ...Type[]]

/** Under which names each of them comes; the first is its own. */
const NAMES_OF: Record<Field, [string, ...string[]]> = {
  body: ['body'],
  media: ['mediaUrl', 'media_url', 'media_base64'],
  reply_to: ['reply_to'],
  latitude: ['latitude'],
  longitude: ['longitude'],
  contacts: ['contacts'],
  options: ['options'],
}

/** The same in words: checks across fields are no part of a JSON schema. */
const WHAT_TYPES_NEED = TYPES.map(
  type => `\`${type}\` needs ${NEEDS[type].map(field => NAMES_OF[field].join(' or ')).join(' and ')}`,
).join('; ')

/** One key of the caller's for one send, as header `Idempotency-Key` or in the body. */
export const idempotencyKey = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}\p{Z}]{1,255}$/u, 'must be 1 to 255 letters, digits or signs, without spaces')

const words = (max: number) =>
  z
    .string()
    .max(max, `must be at most ${max} characters`)
    .refine(text => text.isWellFormed(), 'must be valid Unicode')
const address = words(URL_MAX).refine(
  text => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
  'must be an http:// or https:// URL',
)

const fields = z.object({
  session_id: sessionId,
  wa_id: optional(recipient).describe(
    'A phone number such as `34600000002` or `+34 600 000 002`, or any `chat_id` that was delivered.',
  ),
  waId: optional(recipient).describe('Another name of `wa_id`.'),
  to: optional(recipient).describe('Another name of `wa_id`.'),
  phone: optional(recipient).describe('Another name of `wa_id`.'),
  type: z
    .enum(TYPES, {
      error: ({ input }) =>
        typeof input === 'string'
          ? `"${input.slice(0, 30)}" is not supported; supported: ${TYPES.join(', ')}`
          : undefined,
    })
    .describe(`${WHAT_TYPES_NEED}.`),
  body: optional(words(TEXT_MAX)).describe('The words; of a reaction the emoji, or `""` to take it back.'),
  mediaUrl: optional(address).describe('Where the file is fetched from, at once.'),
  media_url: optional(address).describe('Another name of `mediaUrl`.'),
  media_base64: optional(base64File).describe('The file itself, up to 16 MB; also as a `data:` URI.'),
  mimetype: optional(z.string().regex(MIMETYPE, 'must be like image/png')),
  filename: optional(words(255)),
  caption: optional(words(CAPTION_MAX)),
  ptt: optional(z.boolean()).describe('Of `audio`: a voice note, which is meant if it is absent.'),
  link_preview: optional(linkPreview),
  latitude: optional(degrees(90)),
  longitude: optional(degrees(180)),
  name: optional(words(1000)),
  address: optional(words(1000)),
  contacts: optional(
    z
      .array(
        z.object({
          name: words(200).min(1, 'must not be empty'),
          phone: contactPhone,
        }),
      )
      .min(1, 'must not be empty')
      .max(CONTACTS_MAX, `must be at most ${CONTACTS_MAX}`),
  ),
  options: optional(
    z
      .array(words(POLL.length).min(1, 'must not be empty'))
      .min(POLL.least, `must be ${POLL.least} to ${POLL.most}`)
      .max(POLL.most, `must be ${POLL.least} to ${POLL.most}`)
      .refine(options => new Set(options).size === options.length, 'must differ from each other')
      .meta({ uniqueItems: true }),
  ),
  select: optional(z.int().min(0).max(POLL.most)).describe(
    'How many options may be chosen; 0 is any number.',
  ),
  reply_to: optional(z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be a message id')).describe(
    'The message of that chat that is quoted, reacted to, edited or deleted.',
  ),
  mentions: optional(z.array(recipient).max(MENTIONS_MAX, `must be at most ${MENTIONS_MAX}`)).describe(
    'Whom the text names with `@` and the same digits.',
  ),
  typing: optional(z.boolean()).describe('Shows “typing…” first.'),
  idempotency_key: optional(idempotencyKey).describe('The same as the header `Idempotency-Key`.'),
  client_ref: optional(clientRef).describe("The caller's own name for the send, which its statuses have."),
  metadata: optional(metadata).describe('Comes back with the statuses of the send.'),
})
type Fields = z.output<typeof fields>

const mediaUrlOf = (given: Fields) => given.mediaUrl ?? given.media_url

/** Whether a request brings what its type cannot be without. A reaction is taken back with an empty body. */
function has(given: Fields, field: Field): boolean {
  if (field === 'media') return mediaUrlOf(given) !== undefined || given.media_base64 !== undefined
  if (field === 'body' && given.body === '') return given.type === 'reaction'
  if (field === 'body' && given.type === 'edit') return Boolean(given.body ?? given.caption)
  return given[field] !== undefined
}

/** The check that a field is there if its type needs it. */
function isThere(field: Field) {
  const names = NAMES_OF[field]
  return z.refine<Fields>(given => !NEEDS[given.type].includes(field) || has(given, field), {
    path: [names[0]],
    error: ({ input }) =>
      (input as Fields)[names[0] as 'body'] === '' ? 'must not be empty' : 'is required',
    when: onceValid('type', ...names),
  })
}

/** `POST /send-message`; gives the session, what to send, and the file that came along. */
export const sendRequest = fields
  .refine(given => RECIPIENT_NAMES.some(name => given[name] !== undefined), {
    path: ['wa_id'],
    error: 'is required',
    when: onceValid(...RECIPIENT_NAMES),
  })
  .refine(given => new Set(RECIPIENT_NAMES.flatMap(name => given[name] ?? [])).size < 2, {
    path: ['wa_id'],
    error: `must be the same under all its names: ${RECIPIENT_NAMES.join(', ')}`,
    when: onceValid(...RECIPIENT_NAMES),
  })
  .refine(given => new Set(URL_NAMES.flatMap(name => given[name] ?? [])).size < 2, {
    path: ['mediaUrl'],
    error: 'must be the same under both its names: mediaUrl, media_url',
    when: onceValid(...URL_NAMES),
  })
  .refine(given => mediaUrlOf(given) === undefined || given.media_base64 === undefined, {
    path: ['media_base64'],
    error: 'must not come together with mediaUrl',
    when: onceValid(...URL_NAMES, 'media_base64'),
  })
  .check(...(Object.keys(NAMES_OF) as Field[]).map(isThere))
  .refine(given => given.type !== 'poll' || (given.select ?? 1) <= (given.options?.length ?? POLL.most), {
    path: ['select'],
    error: 'must not be more than there are options',
    when: onceValid('type', 'select', 'options'),
  })
  .refine(given => given.link_preview === undefined || isInText(given.link_preview, given.body ?? ''), {
    path: ['link_preview'],
    error: 'must be of a link that stands in body',
    when: onceValid('link_preview', 'body'),
  })
  .meta({ override: { anyOf: RECIPIENT_NAMES.map(name => ({ required: [name] })) } })
  .transform(given => ({
    sessionId: given.session_id,
    idempotencyKey: given.idempotency_key,
    content: { ...contentOf(given), ...callersOwnOf(given) },
    /** The file, if it came with the request. */
    file: given.media_base64?.bytes,
  }))

export type SendRequest = z.infer<typeof sendRequest>

function contentOf(given: Fields): SendContent {
  const addressed = {
    to: (given.wa_id ?? given.waId ?? given.to ?? given.phone)!,
    reply_to: given.reply_to ?? null,
    ...(given.typing && { typing: true }),
    ...(given.mentions && given.mentions.length > 0 && { mentions: given.mentions }),
  }
  const target = { ...addressed, reply_to: given.reply_to! }
  const { type } = given
  switch (type) {
    case 'text':
      return {
        type,
        ...addressed,
        body: given.body!,
        ...(given.link_preview && { preview: previewOf(given.link_preview, given.body!) }),
      }
    case 'location':
      return {
        type,
        ...addressed,
        latitude: given.latitude!,
        longitude: given.longitude!,
        name: given.name ?? null,
        address: given.address ?? null,
      }
    case 'contact':
      return { type, ...addressed, contacts: given.contacts! }
    case 'reaction':
      return { type, ...target, body: given.body! }
    case 'poll':
      return { type, ...addressed, body: given.body!, options: given.options!, select: given.select ?? 1 }
    case 'edit':
      return { type, ...target, body: (given.body ?? given.caption)! }
    case 'delete':
      return { type, ...target }
    default:
      return {
        type: type satisfies MediaType,
        ...addressed,
        media: mediaOf(given),
        caption: given.caption ?? given.body ?? null,
        ptt: type === 'audio' && given.ptt !== false,
      }
  }
}

function mediaOf(given: Fields): SendMedia {
  const inUri = given.media_base64?.mimetype ?? ''
  return {
    url: mediaUrlOf(given) ?? null,
    id: null,
    ready: false,
    mimetype: given.mimetype ?? (MIMETYPE.test(inUri) ? inUri : null),
    filename: given.filename ?? null,
    size: null,
    seconds: null,
    width: null,
    height: null,
    waveform: null,
    thumbnail: null,
  }
}
