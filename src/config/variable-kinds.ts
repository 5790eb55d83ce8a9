import { z } from 'zod'

/** An environment variable, and how its text is read; below, the kinds of them. */
export interface Variable<T> {
  /** What an unset or empty variable means. */
  fallback: string
  /** What a right value looks like, for the operator. */
  right: string
  schema: z.ZodType<T, string>
  /** Its value is never shown. */
  secret: boolean
}

/** Any schema, whose value may be shown. */
export function variable<T>(fallback: string, right: string, schema: z.ZodType<T, string>): Variable<T> {
  return { fallback, right, schema, secret: false }
}

/** What a log or an error must not show; empty by default. */
export function secret<T>(right: string, schema: z.ZodType<T, string>): Variable<T> {
  return { fallback: '', right, schema, secret: true }
}

/** A whole number from `min` to `max`. */
export function whole(fallback: number, min: number, max: number): Variable<number> {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max))
  return variable(String(fallback), `a whole number from ${min} to ${max}`, schema)
}

export function choice<const T extends string>(fallback: T, options: readonly T[]): Variable<T> {
  return variable(fallback, `one of ${options.join(', ')}`, z.enum(options))
}

/** Empty means null. */
export function orNull<T>(schema: z.ZodType<T, string>): z.ZodType<T | null, string> {
  return z
    .literal('')
    .transform(() => null)
    .or(schema)
}

export const commaSeparated = z.string().transform(text =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== ''),
)

/** RFC 6750: what a bearer token or a header value can carry. */
export const token = z.string().regex(/^[\x21-\x2b\x2d-\x7e]+$/)

const READ = ':read'

/** Keys that may do everything, and keys that may only read. */
export const apiKeys = commaSeparated
  .pipe(z.array(token))
  .transform(texts => {
    const readKeys = texts.filter(text => text.endsWith(READ)).map(text => text.slice(0, -READ.length))
    return { apiKeys: texts.filter(text => !text.endsWith(READ)), readKeys }
  })
  .refine(({ apiKeys, readKeys }) => !readKeys.some(key => key === '' || apiKeys.includes(key)))

/** Text, or `whsec_` and base64. */
export const webhookSecret = z.string().refine(text => {
  if (!text.startsWith('whsec_')) return true
  const encoded = text.slice('whsec_'.length).replace(/={0,2}$/, '')
  return encoded !== '' && Buffer.from(encoded, 'base64').toString('base64').replace(/=*$/, '') === encoded
})

/** A URL of one of `protocols`, without a user. */
export function address(protocols: string[]): z.ZodType<string, string> {
  return z.string().refine(text => {
    const url = URL.parse(text)
    return url !== null && protocols.includes(url.protocol) && url.username === '' && url.password === ''
  })
}

/** Without query, fragment and trailing slash. */
export const baseUrl = address(['http:', 'https:'])
  .refine(text => !/[?#]/.test(text))
  .transform(text => text.replace(/\/+$/, ''))

/** A bucket and what its keys begin with, or a folder; keys of access stand elsewhere. */
export const mediaUrl = z.string().transform((text, context) => {
  const s3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w!.*'()/-]*))?$/.exec(text)
  const prefix = (s3?.[2] ?? '').replace(/^\/+|\/+$/g, '')
  const odd = prefix !== '' && prefix.split('/').some(part => /^\.{0,2}$/.test(part))
  if (s3 !== null && !odd) return { bucket: s3[1]!, prefix }
  const folder = /^file:\/\/(\/[^\0?#%]*[^\0?#%/])\/?$/.exec(text)?.[1]
  if (folder !== undefined) return { folder }
  context.addIssue({ code: 'custom' })
  return z.NEVER
})

/** It may carry a password; what stands in its query is pg's, such as `sslmode`. */
export const databaseUrl = z
  .string()
  .refine(text => /^postgres(?:ql)?:\/\/./.test(text) && URL.canParse(text))

/** It may carry a password. */
export const redisUrl = z.string().refine(text => /^rediss?:\/\/[^/]/.test(text) && URL.canParse(text))

export const yesOrNo = (fallback: 'true' | 'false' = 'false') =>
  variable(
    fallback,
    'true or false',
    z.enum(['true', 'false']).transform(text => text === 'true'),
  )
