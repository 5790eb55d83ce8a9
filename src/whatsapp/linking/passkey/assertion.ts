import { GatewayError } from '../../../base/errors.ts'
import type { PasskeyAssertion, PasskeyOptions } from '../../../messages/passkey.ts'

/** Throws VALIDATION_FAILED with what to do when an assertion is not for this demand, or was not made on WhatsApp's page. */
export function checkAssertion({ response }: PasskeyAssertion, { challenge }: PasskeyOptions): void {
  const said = clientDataOf(response.clientDataJSON)
  if (said === null) refuse('has a clientDataJSON that is not the JSON of a browser')
  if (said.type !== 'webauthn.get') refuse('was not made by navigator.credentials.get')
  if (plain(said.challenge) !== plain(challenge))
    refuse('answers another challenge: take the options of GET …/passkey as they are now')
  if (!isWhatsApp(said.origin))
    refuse('was made on another page: it must be made on https://web.whatsapp.com')
}

function refuse(sentence: string): never {
  throw new GatewayError('VALIDATION_FAILED', `assertion ${sentence}`, { errors: { assertion: [sentence] } })
}

function clientDataOf(base64url: string): { type?: unknown; challenge?: unknown; origin?: unknown } | null {
  try {
    const said: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString())
    return typeof said === 'object' ? said : null
  } catch {
    return null
  }
}

/** A challenge, however it is written: with or without padding, as base64 or base64url. */
const plain = (challenge: unknown): string | null =>
  typeof challenge === 'string' ? Buffer.from(challenge, 'base64url').toString('base64url') : null

/** The passkey belongs to `whatsapp.com`, so that any of its pages may ask for it. */
function isWhatsApp(origin: unknown): boolean {
  const url = typeof origin === 'string' ? URL.parse(origin) : null
  return url?.protocol === 'https:' && url.origin === origin && /(?:^|\.)whatsapp\.com$/.test(url.hostname)
}
