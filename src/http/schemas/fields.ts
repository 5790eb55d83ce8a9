import { z } from 'zod'
import { NO_NUMBER, readPhoneNumber } from './phone-numbers.ts'

/** Fields that several requests and answers have in common. */

/** What a session may be called, in a body or a path. */
export const sessionId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')

/** The machine's states. */
export const sessionState = z.enum(['starting', 'awaitingQr', 'open', 'reconnecting', 'loggedOut'])

/** Laravel's own id of the user, given back in its type. */
export const userId = z.union(
  [z.int(), z.string().regex(/^[^\p{Cc}\p{Cs}]{1,64}$/u)],
  'must be an integer or a text of 1 to 64 characters',
)

/** What the OpenAPI document says of texts that hold a phone number: five to twenty digits, with signs and spaces between them. */
const PHONE_PATTERN = String.raw`[^0-9A-Za-z@+]*\+?[^0-9A-Za-z@+]*(?:[0-9][^0-9A-Za-z@+]*){5,20}`
const JID_PATTERN = String.raw`\s*[0-9]{5,20}(?:-[0-9]{5,20})?@(?:s\.whatsapp\.net|lid|g\.us)\s*`

const textOrNumber = (...patterns: string[]) =>
  z
    .union([z.string(), z.int()])
    .meta({
      override: {
        anyOf: [
          { type: 'string', pattern: `^(?:${patterns.join('|')})$` },
          { type: 'integer', minimum: 10_000 },
        ],
      },
    })
    .transform(value => String(value).trim())

/** A phone number as people write it; gives its digits. */
export const phoneDigits = textOrNumber(PHONE_PATTERN).transform((text, context) => {
  const read = readPhoneNumber(text)
  if ('digits' in read) return read.digits
  context.addIssue(read.problem)
  return z.NEVER
})

/** The phone number of one of several contacts; gives its digits, behind a plus if there was one. */
export const contactPhone = textOrNumber(PHONE_PATTERN).transform((text, context) => {
  const read = readPhoneNumber(text)
  if ('digits' in read) return read.plus ? `+${read.digits}` : read.digits
  context.addIssue(`each phone ${read.problem}`)
  return z.NEVER
})

const JID = /^(?:\d{5,20}@s\.whatsapp\.net|\d{5,20}@lid|\d{5,20}(?:-\d{5,20})?@g\.us)$/

/** Who a message goes to, as a phone number or a jid that was delivered as `chat_id`; gives the jid. */
export const recipient = textOrNumber(PHONE_PATTERN, JID_PATTERN).transform((text, context) => {
  if (JID.test(text)) return text
  const read = readPhoneNumber(text)
  if ('digits' in read) return `${read.digits}@s.whatsapp.net`
  context.addIssue(
    read.problem === NO_NUMBER ? `${NO_NUMBER}, or end in @s.whatsapp.net, @lid or @g.us` : read.problem,
  )
  return z.NEVER
})

/** A chat in a path: a phone number, or any `chat_id` that was delivered; gives the jid. */
export const chatId = z.string().transform((text, context) => {
  if (/^[\w.:-]{1,64}@[a-z.]{1,32}$/.test(text)) return text
  const read = readPhoneNumber(text)
  if ('digits' in read) return `${read.digits}@s.whatsapp.net`
  context.addIssue(
    read.problem === NO_NUMBER ? 'must be digits or a chat_id that was delivered' : read.problem,
  )
  return z.NEVER
})

const DECIMAL = /^\s*[+-]?\d{1,3}(?:\.\d*)?\s*$/

/** Degrees of a place, at most `max` either way, as a number or in the text of one, as databases give decimals. */
export function degrees(max: number) {
  const wrong = `must be a number from -${max} to ${max}, such as 40.4168`
  const range = `must be -${max} to ${max}`
  const inRange = z.number().min(-max, range).max(max, range)
  return z.union([inRange, z.string().regex(DECIMAL, wrong).transform(Number).pipe(inRange)], wrong)
}

/** null and absent mean the same in a request. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform(value => value ?? undefined)
}

/** A check across fields runs as soon as the fields that it reads are valid, so that one answer names all mistakes. */
export function onceValid(...names: string[]) {
  return ({ issues }: z.core.ParsePayload) =>
    issues.every(({ path }) => path !== undefined && path.length > 0 && !names.includes(String(path[0])))
}
