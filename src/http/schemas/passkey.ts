import { z } from 'zod'
import { optional } from './fields.ts'

/** Bytes as browsers and PHP write them, base64 or base64url, with padding or without; gives unpadded base64url. */
const bytes = (name: string) =>
  z
    .string(`${name} must be bytes in base64url`)
    .trim()
    .regex(/^[A-Za-z0-9+/_-]+={0,2}$/, `${name} must be bytes in base64url`)
    .transform(text => Buffer.from(text, 'base64url').toString('base64url'))

/** What `navigator.credentials.get` gave; the same as JSON in a text is taken, too. */
const assertion = z.object(
  {
    id: optional(bytes('id')),
    rawId: bytes('rawId'),
    type: z.string().default('public-key'),
    response: z.object(
      {
        clientDataJSON: bytes('clientDataJSON'),
        authenticatorData: bytes('authenticatorData'),
        signature: bytes('signature'),
        userHandle: z
          .union([z.literal('').transform(() => null), bytes('userHandle')])
          .nullish()
          .transform(value => value ?? null),
      },
      'must be an object with clientDataJSON, authenticatorData and signature',
    ),
  },
  'must be what navigator.credentials.get gave, as JSON',
)

/** `POST /sessions/{id}/passkey` and `POST /passkey/{token}`: `{assertion}`, or the assertion itself. */
export const passkeyRequest = z.preprocess(
  given => {
    const body = (given ?? {}) as Record<string, unknown>
    return { assertion: parsed('rawId' in Object(body) ? body : Object(body).assertion) }
  },
  z.object({ assertion: assertion.transform(({ id, ...rest }) => ({ id: id ?? rest.rawId, ...rest })) }),
)

/** The same for the OpenAPI document, which cannot see what is done before. */
export const passkeyBody = z.union([
  z.object({
    assertion: z
      .union([assertion, z.string()])
      .describe('What `navigator.credentials.get` gave, as an object or as its JSON.'),
  }),
  assertion,
])

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

const fields = {
  success: z.literal(true),
  /** What comes next: an assertion, WhatsApp's answer, a comparison of codes, the link; `cancelled` once nobody goes on. */
  state: z.enum(['required', 'submitting', 'confirm', 'finishing', 'cancelled']),
  /** The argument `publicKey` of `navigator.credentials.get`, bytes in base64url; null when no assertion is taken any more. */
  options: z.looseObject({ challenge: z.string() }).nullable(),
  expires_at: z.iso.datetime(),
}

/** What a caller with a key gets; `page_url` is for the page of the account's owner, and good for one assertion. */
export const passkeyAnswer = z.object({
  ...fields,
  /** XXXX-XXXX, to be compared with the phone. */
  code: z.string().nullable(),
  page_url: z.string().nullable(),
})

/** What the page of the account's owner gets, which has a token in place of a key. */
export const passkeyPageAnswer = z.object(fields)
