import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Clock } from '../../base/clock.ts'
import type { WebhookTokens } from '../../ports/laravel.ts'
import { parseAddress } from '../address.ts'
import { type Attempt, attemptOf, isAccepted, pageThatTook } from '../attempt.ts'
import { type LaravelClient, ROUTES } from '../client.ts'
import { createHttpClient } from '../http-client.ts'
import { createRequestHeaders } from '../request-headers.ts'
import { authorOf, endingOf, legacyFields, type MessagePayload } from './legacy-fields.ts'
import { type FilePart, multipart } from './multipart.ts'
import { createWebhookTokens } from './webhook-tokens.ts'

/** Where each kind goes under LARAVEL_CONTRACT=legacy, as an operator reads it. */
export const LEGACY_ROUTES: typeof ROUTES = { ...ROUTES, messages: '/whatsapp-webhook' }

/** Laravel says that the token is no (longer) right. */
const REFUSED = new Set([401, 403, 404])

export interface LegacyOptions {
  /** LARAVEL_URL. */
  url: string
  clock: Clock
  wall(): number
  /** For a request and its whole answer. */
  timeoutMs?: number
  /** The bytes of a stored file; null once it is not kept any more. */
  openFile(id: string): Promise<Readable | null>
}

/**
 * `LARAVEL_CONTRACT=legacy`: the client for applications that were written for the gateway before this one. Messages go, as multipart and
 * unsigned, to `POST /whatsapp-webhook/{webhook_token}`; voice notes and music come along as `audio`. All else is as ever.
 */
export function createLegacyLaravel(
  client: LaravelClient,
  { url, clock, wall, timeoutMs = 15_000, openFile }: LegacyOptions,
): LaravelClient & WebhookTokens {
  const { origin, path, basic } = parseAddress(url)
  const http = createHttpClient({ clock, timeoutMs })
  const headers = createRequestHeaders({ token: null, secrets: [], basic }, wall).plain
  const tokens = createWebhookTokens((sessionId, signal) =>
    http.send({
      ...{ method: 'GET', origin, headers, signal },
      path: `${path}/whatsapp/account/${encodeURIComponent(sessionId)}`,
    }),
  )

  async function audioOf(message: MessagePayload): Promise<FilePart | null> {
    const { type, media } = message
    if (type !== 'audio' || media === null || media.error !== null) return null
    const file = await openFile(media.id)
    if (file === null) return null
    const { mimetype } = media
    const filename = `${authorOf(message)}_${message.message_id}.${endingOf(mimetype)}`
    return { name: 'audio', filename, mimetype, bytes: await buffer(file) }
  }

  async function post(
    message: MessagePayload,
    fields: Record<string, string>,
    webhookId: string,
    signal?: AbortSignal,
  ): Promise<Attempt> {
    const known = await tokens.of(message.session_id, signal)
    if (known.token === null) return attemptOf(known.why, clock.now(), wall())
    const form = multipart(fields, await audioOf(message))
    const answer = await http.post({
      ...{ method: 'POST', origin, signal },
      path: `${path}/whatsapp-webhook/${encodeURIComponent(known.token)}`,
      headers: { ...headers, 'content-type': form.contentType, 'webhook-id': webhookId },
      body: form.body,
    })
    if (!isAccepted(answer) && REFUSED.has(answer.status ?? 0)) tokens.forget(message.session_id)
    if (isAccepted(answer))
      client.faults.note(`POST ${LEGACY_ROUTES.messages}`, pageThatTook('messages', answer))
    return attemptOf(answer, clock.now(), wall())
  }

  return {
    ...client,
    remember: tokens.remember,

    async deliver(kind, webhookId, payload, signal, more) {
      if (kind !== 'messages') return client.deliver(kind, webhookId, payload, signal, more)
      const message = payload as MessagePayload
      const fields = legacyFields(message)
      if (fields === null) return { result: 'accepted' }
      return post(message, fields, webhookId, signal)
    },

    async close() {
      await Promise.all([client.close(), http.close()])
    },
  }
}
