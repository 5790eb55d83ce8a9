import { z } from 'zod'

/** A file to be sent: where it is to be fetched, and once `id` is there, what stands in the media store under it. */
export const sendMedia = z.object({
  url: z.string().nullable(),
  /** Hex SHA-256 of the file in the media store. */
  id: z.string().nullable(),
  /** It was judged, and converted if need be: `id` is what goes out. */
  ready: z.boolean(),
  mimetype: z.string().nullable(),
  filename: z.string().nullable(),
  /** Bytes. */
  size: z.number().int().nullable(),
  seconds: z.number().int().nullable(),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  /** 64 values from 0 to 100 in base64, for a voice note. */
  waveform: z.string().nullable(),
  /** A small JPEG in base64. */
  thumbnail: z.string().nullable(),
})

export type SendMedia = z.infer<typeof sendMedia>

/** The types of `POST /send-message` that carry a file. */
export const mediaType = z.enum(['image', 'video', 'gif', 'audio', 'document', 'sticker'])

export type MediaType = z.infer<typeof mediaType>

const addressed = {
  /** A full jid: `…@s.whatsapp.net`, `…@lid`, `…@g.us`. */
  to: z.string(),
  /** The message that is answered, reacted to, edited or deleted. */
  reply_to: z.string().nullable(),
  /** Shows "typing…" before it is sent. */
  typing: z.boolean().optional(),
  /** Jids that the text names with `@`. */
  mentions: z.array(z.string()).optional(),
}

const target = { ...addressed, reply_to: z.string() }

/** What is sent, once validated; stored as JSON, hence the names. */
export const sendContent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), ...addressed, body: z.string() }),
  z.object({
    type: mediaType,
    ...addressed,
    media: sendMedia,
    caption: z.string().nullable(),
    /** Of audio: a voice note. */
    ptt: z.boolean(),
  }),
  z.object({
    type: z.literal('location'),
    ...addressed,
    latitude: z.number(),
    longitude: z.number(),
    name: z.string().nullable(),
    address: z.string().nullable(),
  }),
  z.object({
    type: z.literal('contact'),
    ...addressed,
    contacts: z.array(z.object({ name: z.string(), phone: z.string() })),
  }),
  /** An empty body takes the reaction back. */
  z.object({ type: z.literal('reaction'), ...target, body: z.string() }),
  z.object({
    type: z.literal('poll'),
    ...addressed,
    body: z.string(),
    options: z.array(z.string()),
    /** How many options may be chosen; 0 is any number. */
    select: z.number().int(),
  }),
  z.object({ type: z.literal('edit'), ...target, body: z.string() }),
  z.object({ type: z.literal('delete'), ...target }),
])

export type SendContent = z.infer<typeof sendContent>

export type MediaContent = Extract<SendContent, { media: unknown }>

/** What others see of an account: for everybody, or in one chat. */
export const presence = z.enum(['available', 'unavailable', 'composing', 'recording', 'paused'])

export type Presence = z.infer<typeof presence>
