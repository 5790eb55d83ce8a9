import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { errorAnswer, sendAnswer } from '../http/schemas/answers.ts'
import { legacySend } from '../http/schemas/requests.ts'
import type { ErrorResponses } from './error-responses.ts'

const ONLY = 'Only with `LARAVEL_CONTRACT=legacy`, for applications of the gateway before this one.'

const TOKEN = 'kept-by-the-application'

/** What `POST /start` takes beside the rest. */
export const legacyStartFields = {
  webhook_token: z
    .unknown()
    .optional()
    .describe(
      `1 to 255 printable characters, under which messages are told: \`POST /whatsapp-webhook/{webhook_token}\`. ${ONLY} Else it is ignored.`,
    ),
}

/** An error as that gateway answered it: an unknown session has no code, and no other words. */
const legacyError = errorAnswer.partial({ message: true })

const refused = (description: string, error: string) => ({
  description,
  content: {
    'application/json': { schema: legacyError, example: { success: false as const, error } },
  },
})

/** `errors`: what any route may answer. */
export const legacyPaths = (errors: ErrorResponses): ZodOpenApiPathsObject => ({
  '/send': {
    post: {
      operationId: 'legacySend',
      tags: ['Messages'],
      summary: 'Send a text, as before',
      description: `${ONLY} There \`POST /send-message\` answers as this one does, too: 404 and 429 stay, any other refusal of a send is a 400.`,
      deprecated: true,
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: legacySend,
            example: { session_id: 'shop', to: '34600000002', message: 'On our way' },
          },
        },
      },
      responses: {
        ...errors,
        200: {
          description: 'WhatsApp has it.',
          content: { 'application/json': { schema: sendAnswer, example: SENT } },
        },
        202: {
          description: 'It is `queued`, or `unknown`.',
          content: { 'application/json': { schema: sendAnswer, example: { ...SENT, status: 'queued' } } },
        },
        400: refused('Whatever else is wrong with a send, by its code.', 'SESSION_NOT_CONNECTED'),
        404: refused('There is no such session.', 'Sesión no encontrada'),
        429: refused('Retry-After says when to ask again.', 'NEW_CHATS_PAUSED'),
      },
    },
  },
})

const SENT = {
  success: true as const,
  message_id: '3EB0C767D82F4C2E91A0',
  status: 'sent' as const,
  client_ref: null,
  response: {
    key: { id: '3EB0C767D82F4C2E91A0', remoteJid: '34600000002@s.whatsapp.net', fromMe: true as const },
  },
}

const form = z.object({
  from: z.string().describe('Digits.'),
  text: z
    .string()
    .describe(
      'The words, or in place of a file without any `[Mensaje de audio]`, `[Imagen]`, `[Video]`, `[Documento]`.',
    ),
  type: z.string(),
  wamId: z.string().describe('The same for every retry: it tells a message that was stored already.'),
  timestamp: z.string().describe('Unix seconds.'),
  pushName: z.string(),
  audio: z
    .string()
    .optional()
    .meta({ format: 'binary', description: 'The file of a voice note or of music.' }),
})

/** What such an application is posted and asked beside `/qr` and `/whatsapp/status`. */
export const LEGACY_WEBHOOKS: ZodOpenApiPathsObject = {
  legacyMessage: {
    'x-path': '/whatsapp-webhook/{webhook_token}',
    post: {
      operationId: 'legacyMessage',
      summary: 'A message came, as before',
      description: `\`POST {LARAVEL_URL}/whatsapp-webhook/{webhook_token}\`, neither signed nor with a token. ${ONLY}`,
      security: [{}],
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: form,
            example: {
              ...{ from: '34600000002', text: 'hola', type: 'text', wamId: '3EB0A1B2C3D4E5F60718' },
              ...{ timestamp: '1767323045', pushName: 'Ana' },
            },
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
  legacyAccount: {
    'x-path': '/whatsapp/account/{sessionId}',
    get: {
      operationId: 'legacyAccount',
      summary: 'Under which token is this session told messages?',
      description: `\`GET {LARAVEL_URL}/whatsapp/account/{sessionId}\`, after a restart, or once a token was refused. ${ONLY}`,
      security: [{}],
      responses: {
        200: {
          description: 'Its account.',
          content: {
            'application/json': {
              schema: z.object({ webhook_token: z.string().min(1) }),
              example: { webhook_token: TOKEN },
            },
          },
        },
        '4XX': { description: 'There is none now: messages wait.' },
      },
    },
  },
}
