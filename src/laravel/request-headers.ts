import { createSign } from './signature.ts'

/** Who we are to Laravel: a token, secrets, or the user of LARAVEL_URL. */
export interface Credentials {
  token: string | null
  /** One secret, or two while rotating; none: nothing is signed. */
  secrets: string[]
  /** `Authorization: Basic`, if the URL held a user; a token comes before it. */
  basic: string | null
}

/** The headers of every request to Laravel; `wall`: the time of day, in ms. */
export function createRequestHeaders({ token, secrets, basic }: Credentials, wall: () => number) {
  const sign = secrets.length === 0 ? null : createSign(secrets)
  const plain: Record<string, string> = { accept: 'application/json', 'user-agent': 'whatsapp-manager' }
  if (token !== null) plain.authorization = `Bearer ${token}`
  else if (basic !== null) plain.authorization = basic

  return {
    plain,

    /** With `webhook-id` and `webhook-timestamp`, signed over the body (Standard Webhooks) if there is a secret. */
    signed(webhookId: string, body: string): Record<string, string> {
      const timestamp = Math.floor(wall() / 1000)
      return {
        ...plain,
        'webhook-id': webhookId,
        'webhook-timestamp': String(timestamp),
        ...(sign !== null && { 'webhook-signature': sign(webhookId, timestamp, body) }),
      }
    },
  }
}

export type RequestHeaders = ReturnType<typeof createRequestHeaders>
