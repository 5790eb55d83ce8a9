import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { activeAnswer } from '../laravel/answers/active-answer.ts'
import {
  accountEventPayload,
  messagePayload,
  messageStatusPayload,
  pairingCodePayload,
  qrPayload,
  sessionStatusPayload,
} from '../laravel/payloads.ts'
import { callEvent, contactEvent, groupEvent, passkeyEvent } from '../messages/account-event.ts'
import { named } from './examples/named.ts'
import type { DeliveryExample } from './examples/read-examples.ts'

/** An event of an account: what all have, and what its type has. */
const eventOf = <T extends z.ZodRawShape>(event: z.ZodObject<T>) =>
  z.object({ ...accountEventPayload.shape, ...event.shape })

const EVENTS = {
  Call: eventOf(callEvent),
  Group: eventOf(groupEvent),
  Contact: eventOf(contactEvent),
  Passkey: eventOf(passkeyEvent),
}

/** What is posted, by the names of the document's components. */
export const PAYLOADS = {
  Message: messagePayload,
  MessageStatus: messageStatusPayload,
  SessionStatus: sessionStatusPayload,
  Qr: qrPayload,
  PairingCode: pairingCodePayload,
  ...EVENTS,
}

/** What Laravel is posted, by its route behind LARAVEL_URL. */
const POSTS = {
  '/messages': {
    id: 'message',
    summary: 'A message came',
    description: 'From whoever wrote it; with `INBOUND_FROM_ME` also what the phone itself sent.',
    schema: messagePayload,
  },
  '/messages/status': {
    id: 'messageStatus',
    summary: 'What became of a send',
    description: 'With `LARAVEL_MESSAGE_STATUS=true`; it only moves forward.',
    schema: messageStatusPayload,
  },
  '/whatsapp/status': {
    id: 'sessionStatus',
    summary: 'A session is pending, active or inactive',
    description: 'On change only.',
    schema: sessionStatusPayload,
  },
  '/whatsapp/events': {
    id: 'accountEvent',
    summary: 'A call, a change of a group or a contact, a passkey',
    description: 'Only the kinds that `LARAVEL_EVENTS` names.',
    schema: z.discriminatedUnion('type', [EVENTS.Call, EVENTS.Group, EVENTS.Contact, EVENTS.Passkey]),
  },
  '/qr': {
    id: 'qr',
    summary: 'A QR to be scanned',
    description: 'Again whenever it changes, while it is current; never stored.',
    schema: qrPayload,
  },
  '/pairing-code': {
    id: 'pairingCode',
    summary: 'A code to be typed into the phone',
    description: 'For a session that was started with a `phone_number`.',
    schema: pairingCodePayload,
  },
}

const STANDARD_WEBHOOKS = z.object({
  'webhook-id': z.string().describe('The same for every retry: it tells a delivery that was stored already.'),
  'webhook-timestamp': z.string().describe('Of this attempt, in Unix seconds.'),
  'webhook-signature': z
    .string()
    .optional()
    .describe(
      'With `LARAVEL_WEBHOOK_SECRET`: `v1,` and HMAC-SHA256 of id, timestamp and body, as https://www.standardwebhooks.com says.',
    ),
})

/** `examples`: real bodies. */
export function webhooksOf(examples: DeliveryExample[]): ZodOpenApiPathsObject {
  const posts = Object.entries(POSTS).map(([path, { id, summary, description, schema }]) => [
    id,
    {
      'x-path': path,
      post: {
        operationId: id,
        summary,
        description: `\`POST {LARAVEL_URL}${path}\`. ${description}`,
        security: [{ bearer: [] }, {}],
        requestParams: { header: STANDARD_WEBHOOKS },
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema,
              ...named(
                examples.filter(example => example.path === path),
                ({ body }) => body,
              ),
            },
          },
        },
        responses: {
          '2XX': { description: 'Laravel has it, or had it already.' },
          '4XX': { description: 'Tried again; 400, 413 and 422 five times, then it is a dead letter.' },
          '5XX': { description: 'Tried again, for 72 h.' },
        },
      },
    },
  ])
  return { ...Object.fromEntries(posts), isActive: QUESTION }
}

const QUESTION = {
  'x-path': '/whatsapp/status/{sessionId}',
  get: {
    operationId: 'isActive',
    summary: 'Is this session still wanted?',
    description: '`GET {LARAVEL_URL}/whatsapp/status/{sessionId}`. Only `inactive` or a 404 mean no.',
    security: [{ bearer: [] }, {}],
    responses: {
      200: {
        description: 'What Laravel has of it.',
        content: { 'application/json': { schema: activeAnswer, example: { estado_qr: 'active' } } },
      },
      '4XX': { description: '404: it is not. Anything else is no answer: the question is asked again.' },
    },
  },
}
