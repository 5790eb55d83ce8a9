import { z } from 'zod'
import type { Metadata } from './metadata.ts'

/** What is sent, once validated; stored as JSON, hence the names. */
export type SendContent =
  | ({ type: 'text'; body: string; preview?: LinkPreview | undefined } & Addressed)
  | ({
      type: MediaType
      media: SendMedia
      caption: string | null
      /** Of audio: a voice note. */
      ptt: boolean
    } & Addressed)
  | ({
      type: 'location'
      latitude: number
      longitude: number
      name: string | null
      address: string | null
    } & Addressed)
  | ({ type: 'contact'; contacts: { name: string; phone: string }[] } & Addressed)
  /** An empty body takes the reaction back. */
  | ({ type: 'reaction'; body: string } & Targeted)
  | ({
      type: 'poll'
      body: string
      options: string[]
      /** How many options may be chosen; 0 is any number. */
      select: number
    } & Addressed)
  /** Other words in a text, or under a file. */
  | ({ type: 'edit'; body: string } & Targeted)
  /** An own message, or in a group that the account administers anybody's. */
  | ({ type: 'delete' } & Targeted)

/** What the caller is told with whatever becomes of the send. */
export interface CallersOwn {
  /** The caller's own name for it, up to 255 characters. */
  client_ref?: string | undefined
  metadata?: Metadata | undefined
}

/** That part of a send, or of a row that stands for one. */
export function callersOwnOf(content: object): CallersOwn {
  const { client_ref, metadata } = content as CallersOwn
  return { ...(client_ref !== undefined && { client_ref }), ...(metadata !== undefined && { metadata }) }
}

interface Addressed extends CallersOwn {
  /** A full jid: `…@s.whatsapp.net`, `…@lid`, `…@g.us`. */
  to: string
  /** The message that is answered, reacted to, edited or deleted. */
  reply_to: string | null
  /** Shows "typing…" before it is sent. */
  typing?: boolean | undefined
  /** Jids that the text names with `@`. */
  mentions?: string[] | undefined
  /** The `traceparent` of its send, while traces are told: who goes on with it after a restart names it. */
  trace?: string | undefined
}

/** What is shown of the page behind a link in a text. */
export interface LinkPreview {
  /** As it stands in the text. */
  url: string
  title: string
  description: string | null
  /** A JPEG in base64. */
  thumbnail: string | null
}

interface Targeted extends Addressed {
  reply_to: string
}

/** The types that carry a file. */
export type MediaType = 'image' | 'video' | 'gif' | 'audio' | 'document' | 'sticker'

export type MediaContent = Extract<SendContent, { media: unknown }>

/** A file to be sent: where it is to be fetched, and once `id` is there, what stands in the media store under it. */
export interface SendMedia {
  url: string | null
  /** Hex SHA-256 of the file in the media store. */
  id: string | null
  /** It was checked, and converted if need be: `id` is what goes out. */
  ready: boolean
  mimetype: string | null
  filename: string | null
  /** Bytes. */
  size: number | null
  seconds: number | null
  width: number | null
  height: number | null
  /** 64 values from 0 to 100 in base64, for a voice note. */
  waveform: string | null
  /** A small JPEG in base64. */
  thumbnail: string | null
}

/** What others see of an account: for everybody, or in one chat. */
export const presence = z.enum(['available', 'unavailable', 'composing', 'recording', 'paused'])

export type Presence = z.infer<typeof presence>
