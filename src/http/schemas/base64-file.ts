import { z } from 'zod'

/** A request holds its body in memory: larger files come by `mediaUrl`. */
export const BASE64_MAX_BYTES = 16 * 1024 * 1024

const DATA_URI = /^\s*data:(?<mimetype>[^,;]*)(?:;[^,]*)?;base64,/i
/** A header of a data: URI is short; what follows may have millions of characters. */
const HEADER_MAX = 300
const NOT_BASE64 = /[^A-Za-z0-9+/_=\s-]/

export interface Base64File {
  bytes: Buffer
  /** What a data: URI says that it is; null if it says nothing. */
  mimetype: string | null
}

/**
 * A file as base64, the way phones, PHP and browsers write it: RFC 4648, also in its URL-safe alphabet, without padding, broken
 * into lines, or as a data: URI (RFC 2397).
 */
export const base64File = z.string().transform((text, context): Base64File => {
  const header = DATA_URI.exec(text.slice(0, HEADER_MAX))
  const given = header === null ? text : text.slice(header[0].length)
  const refuse = (why: string) => {
    context.addIssue(why)
    return z.NEVER
  }
  if (header === null && /^\s*data:/i.test(text.slice(0, HEADER_MAX)))
    return refuse('must be base64: a data: URI has ";base64," before its bytes')
  if (NOT_BASE64.test(given)) return refuse('must be base64')
  const base64 = given.replace(/\s+/g, '')
  const padding = base64.indexOf('=')
  const letters = padding === -1 ? base64.length : padding
  const padded = base64.length - letters
  const whole = padded === 0 || (base64.length % 4 === 0 && padded <= 2 && /^=+$/.test(base64.slice(padding)))
  if (letters % 4 === 1 || !whole) return refuse('must be base64, and is cut off')
  if (Math.floor((letters * 3) / 4) > BASE64_MAX_BYTES)
    return refuse(`must be at most ${BASE64_MAX_BYTES} bytes; give a mediaUrl for more`)
  return { bytes: Buffer.from(base64, 'base64'), mimetype: header?.groups?.mimetype?.trim() || null }
})
