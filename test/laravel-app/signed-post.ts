import { randomUUID } from 'node:crypto'
import { createSign } from '../../src/laravel/signature.ts'
import { completeMessage } from '../../src/messages/received.ts'
import type { LaravelHost } from './laravel-host.ts'
import { SECRET, TOKEN } from './shop.ts'

export interface PostOptions {
  webhookId?: string
  /** Seconds of the epoch. */
  timestamp?: number
  secrets?: string[]
  token?: string | null
  headers?: Record<string, string>
  /** What goes over the wire, if it is not the JSON of the payload. */
  raw?: string
}

/** A delivery as the manager makes it. */
export async function deliver(
  host: LaravelHost,
  path: string,
  payload: object,
  options: PostOptions = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const { webhookId = randomUUID(), timestamp = Math.floor(Date.now() / 1000), secrets = [SECRET] } = options
  const { token = TOKEN, headers = {}, raw = JSON.stringify(payload) } = options
  const response = await fetch(`${host.url}/whatsapp${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': createSign(secrets)(webhookId, timestamp, raw),
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: raw,
  })
  const text = await response.text()
  return { status: response.status, body: parse(text), headers: response.headers }
}

/** The question as the manager asks it. */
export function ask(
  host: LaravelHost,
  sessionId: string,
  { token = TOKEN, secrets = [SECRET] }: Pick<PostOptions, 'token' | 'secrets'> = {},
): Promise<Response> {
  const [id, timestamp] = [`question.${randomUUID()}`, Math.floor(Date.now() / 1000)]
  return fetch(`${host.url}/whatsapp/whatsapp/status/${sessionId}`, {
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(secrets.length > 0 && {
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': createSign(secrets)(id, timestamp, ''),
      }),
    },
  })
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return { text }
  }
}

/** A text from Ana, as the manager tells it. */
export const message = (over: object = {}) => ({
  session_id: 'shop',
  ...completeMessage({
    message_id: randomUUID().replaceAll('-', '').toUpperCase(),
    from: '34600000002',
    from_lid: '123456789012345@lid',
    from_me: false,
    chat_id: '123456789012345@lid',
    participant: null,
    is_group: false,
    subject: null,
    push_name: 'Ana',
    type: 'text',
    body: 'hola',
    caption: null,
    media: null,
    reply_to: null,
    timestamp: '2026-01-02T23:30:05.678Z',
    offline: false,
  }),
  ...over,
})
