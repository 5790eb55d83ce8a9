import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { GatewayError } from '../base/errors.ts'

/** The value of the `webhook-signature` header, which client.ts sends, for one attempt: `timestamp` in whole seconds, `body` exactly as it goes over the wire. */
export type Sign = (webhookId: string, timestamp: number, body: string) => string

/**
 * Signs as Standard Webhooks says (standardwebhooks.com, "symmetric"): `v1,` and the base64 of
 * HMAC-SHA256 over `id.timestamp.body`, one signature per secret, separated by a space.
 * A secret with the prefix `whsec_` is base64, any other is taken as UTF-8. Throws BAD_CONFIG for an empty one.
 */
export function createSign(secrets: string[]): Sign {
  const keys = secrets.map(keyOf)
  return (webhookId, timestamp, body) =>
    keys
      .map(key => createHmac('sha256', key).update(`${webhookId}.${timestamp}.${body}`).digest('base64'))
      .map(signature => `v1,${signature}`)
      .join(' ')
}

/** Made ready once: a key of bytes is made anew for each signature, which costs four times as much as signing. */
function keyOf(secret: string): KeyObject {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8')
  if (key.length === 0)
    throw new GatewayError(
      'BAD_CONFIG',
      'LARAVEL_WEBHOOK_SECRET holds an empty secret: give text, or whsec_ followed by base64',
    )
  return createSecretKey(key)
}
