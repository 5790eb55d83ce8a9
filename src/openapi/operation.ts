import type { z } from 'zod'
import type { CallerCode } from './error-codes.ts'

export const TAGS = {
  Sessions: 'A session is one WhatsApp account: made by POST /start, linked once, kept alive from then on.',
  Linking:
    'How a phone is linked: by a QR, by a code that is typed in, with a passkey where WhatsApp demands one.',
  Messages: 'What is sent, what became of it, and what a session can do in a chat beside it.',
  Log: 'Everything that happened, as pages and as streams.',
  Deliveries: 'What Laravel has not taken yet, or ever, and how it gets it after all.',
  Service: 'The service itself.',
} as const

/** A body that is no JSON, by its media type. */
export interface Binary {
  description?: string
  example?: string
}

export interface Answer {
  description: string
  /** Of its JSON. */
  schema?: z.ZodType
  /** Of its JSON, where no real one is written down. */
  example?: unknown
  /** What it may be besides, or in place of it. */
  types?: Record<string, Binary>
}

/** One route as callers know it; its path has the names of README's table. */
export interface Operation {
  /** Unique: what generated clients call it. */
  id: string
  tag: keyof typeof TAGS
  summary: string
  description?: string
  /** The older name of another one. */
  isAlias?: true
  /** Needs no key. */
  isOpen?: true
  path?: z.ZodObject
  query?: z.ZodObject
  header?: z.ZodObject
  body?: z.ZodType
  /** The answers below 400, by status. */
  answers: Record<number, Answer>
  /** The codes that it may answer beside those that all may. */
  errors?: CallerCode[]
}

/** `GET /sessions/{id}` and the like. */
export type Operations = Record<`${'GET' | 'POST' | 'DELETE'} /${string}`, Operation>

/** What a body of JSON can get wrong. */
export const OF_BODIES = [
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'VALIDATION_FAILED',
] as const satisfies readonly CallerCode[]

/** What a body can get wrong where none is needed. */
export const OF_NO_BODY = [
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
] as const satisfies readonly CallerCode[]
