import { z } from 'zod'

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

export const phoneNumber = z.union([z.string(), z.int()]).transform(value => String(value).trim())

/** A phone number; gives its digits. */
export const phoneDigits = phoneNumber
  .pipe(z.string().regex(/^\+?\d{5,20}$/, 'must be 5 to 20 digits'))
  .transform(text => text.replace('+', ''))

const JID = /^(?:\d{5,20}@s\.whatsapp\.net|\d{5,20}@lid|\d{5,20}(?:-\d{5,20})?@g\.us)$/

/** Who a message goes to, as digits, `+digits` or a jid that was delivered as `chat_id`; gives the jid. */
export const recipient = phoneNumber.transform((text, context) => {
  const digits = /^\+?(\d{5,20})$/.exec(text)?.[1]
  if (digits !== undefined) return `${digits}@s.whatsapp.net`
  if (JID.test(text)) return text
  context.addIssue('must be 5 to 20 digits, or end in @s.whatsapp.net, @lid or @g.us')
  return z.NEVER
})

/** null and absent mean the same in a request. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform(value => value ?? undefined)
}

/** A check across fields runs as soon as the fields that it reads are valid, so that one answer names all mistakes. */
export function onceValid(...names: string[]) {
  return ({ issues }: z.core.ParsePayload) =>
    issues.every(({ path }) => path !== undefined && path.length > 0 && !names.includes(String(path[0])))
}
