import { z } from 'zod'
import {
  chatAnswer,
  doneAnswer,
  messageAnswer,
  numberAnswer,
  sendAnswer,
} from '../../http/schemas/answers.ts'
import { chatPath, chatQuery, numberPath, presenceRequest, readRequest } from '../../http/schemas/requests.ts'
import { idempotencyKey, sendRequest } from '../../http/schemas/send-request.ts'
import { OF_BODIES, type Operations } from '../operation.ts'
import { ofSession } from './sessions.ts'

/** What only an open session does. */
const OF_OPEN_ONES = [
  'SESSION_NOT_FOUND',
  'SESSION_NOT_CONNECTED',
  'WHATSAPP_REJECTED',
  'TOO_MANY_REQUESTS',
] as const

export const MESSAGES: Operations = {
  'POST /send-message': {
    id: 'sendMessage',
    tag: 'Messages',
    summary: 'Send a message',
    description:
      'Waits for the ack of WhatsApp’s server, at most `SEND_WAIT_MS`. With an `Idempotency-Key` a repetition sends nothing: it is answered with the same id and the status of now.',
    header: z.object({ 'Idempotency-Key': idempotencyKey.optional() }),
    body: sendRequest,
    answers: {
      200: { description: 'WhatsApp has it.', schema: sendAnswer },
      202: { description: 'It is `queued`, or `unknown`: its status tells later.', schema: sendAnswer },
    },
    errors: [
      ...OF_BODIES,
      'SESSION_NOT_FOUND',
      'MESSAGE_NOT_FOUND',
      'SESSION_NOT_CONNECTED',
      'SESSION_LOGGED_OUT',
      'IDEMPOTENCY_IN_FLIGHT',
      'MEDIA_TOO_LARGE',
      'MEDIA_TYPE_UNSUPPORTED',
      'WHATSAPP_REJECTED',
      'NOT_ON_WHATSAPP',
      'NOT_GROUP_ADMIN',
      'SEND_FAILED',
      'MEDIA_URL_FORBIDDEN',
      'MEDIA_UNREACHABLE',
      'MEDIA_GONE',
      'MEDIA_CORRUPT',
      'IDEMPOTENCY_MISMATCH',
      'NEW_CHATS_PAUSED',
      'MEDIA_STORE_FAILED',
    ],
  },
  'GET /sessions/{id}/messages/{message_id}': {
    id: 'showMessage',
    tag: 'Messages',
    summary: 'Where a message stands',
    path: ofSession.extend({ message_id: z.string() }),
    answers: { 200: { description: 'Its status, with its history.', schema: messageAnswer } },
    errors: ['SESSION_NOT_FOUND', 'MESSAGE_NOT_FOUND'],
  },
  'GET /sessions/{id}/chats/{chat_id}/messages': {
    id: 'listChatMessages',
    tag: 'Messages',
    summary: 'What the store has of a chat',
    path: ofSession.extend(chatPath.shape),
    query: chatQuery,
    answers: {
      200: {
        description: 'Newest first, both ways, as Laravel gets them; `next` goes into `before`.',
        schema: chatAnswer,
      },
    },
    errors: ['SESSION_NOT_FOUND', 'VALIDATION_FAILED'],
  },
  'POST /sessions/{id}/read': {
    id: 'markRead',
    tag: 'Messages',
    summary: 'Mark received messages as read',
    path: ofSession,
    body: readRequest,
    answers: { 200: { description: 'WhatsApp was told.', schema: doneAnswer } },
    errors: [...OF_BODIES, ...OF_OPEN_ONES, 'MESSAGE_NOT_FOUND'],
  },
  'POST /sessions/{id}/presence': {
    id: 'showPresence',
    tag: 'Messages',
    summary: 'Be available, or show that somebody types',
    path: ofSession,
    body: presenceRequest,
    answers: { 200: { description: 'WhatsApp was told.', schema: doneAnswer } },
    errors: [...OF_BODIES, ...OF_OPEN_ONES],
  },
  'GET /sessions/{id}/numbers/{phone}': {
    id: 'lookUpNumber',
    tag: 'Messages',
    summary: 'Is this number on WhatsApp?',
    path: ofSession.extend(numberPath.shape),
    answers: { 200: { description: 'Whether it is, and how WhatsApp spells it.', schema: numberAnswer } },
    errors: [...OF_OPEN_ONES, 'VALIDATION_FAILED', 'WHATSAPP_UNANSWERED'],
  },
}
