import { z } from 'zod'
import { doneAnswer, sessionAnswer, sessionsAnswer, startAnswer } from '../../http/schemas/answers.ts'
import { sessionId } from '../../http/schemas/fields.ts'
import { deleteSessionRequest, sessionsQuery, startRequest } from '../../http/schemas/requests.ts'
import { legacyStartFields } from '../legacy.ts'
import { OF_BODIES, OF_NO_BODY, type Operation, type Operations } from '../operation.ts'

export const ofSession = z.object({ id: sessionId })

const COMMANDS = ['SESSION_NOT_FOUND', 'STATE_FORBIDS', 'SESSION_UNREADABLE'] as const
const OWED = 'The logout is owed: WhatsApp has not confirmed it yet.'

const show = {
  tag: 'Sessions',
  summary: 'One session',
  path: ofSession,
  answers: {
    200: { description: 'Its state, what Laravel was told, why it is not open.', schema: sessionAnswer },
  },
  errors: ['SESSION_NOT_FOUND'],
} satisfies Partial<Operation>

const erase = {
  tag: 'Sessions',
  summary: 'Unlink and erase a session',
  description:
    'Logs out, connecting if it has to, and erases keys, messages, files and deliveries. Laravel hears `inactive`.',
  answers: {
    200: { description: 'It is gone.', schema: doneAnswer },
    202: { description: OWED, schema: doneAnswer },
  },
} satisfies Partial<Operation>

export const SESSIONS: Operations = {
  'POST /start': {
    id: 'start',
    tag: 'Sessions',
    summary: 'Make a session, wake it, or try again',
    description:
      'Answers before Laravel is asked anything. With a `phone_number` it is linked by a pairing code in place of a QR.',
    body: startRequest.extend(legacyStartFields),
    answers: { 200: { description: 'It is there.', schema: startAnswer } },
    errors: [...OF_BODIES, 'CONFLICT', 'DELETING', 'STATE_FORBIDS', 'SESSION_UNREADABLE'],
  },
  'GET /sessions': {
    id: 'listSessions',
    tag: 'Sessions',
    summary: 'All sessions, a page at a time',
    query: sessionsQuery,
    answers: { 200: { description: '`next` goes into `after`.', schema: sessionsAnswer } },
    errors: ['VALIDATION_FAILED'],
  },
  'GET /sessions/{id}': { ...show, id: 'showSession' },
  'GET /session/{id}': { ...show, id: 'showSessionAlias', isAlias: true },
  'POST /sessions/{id}/restart': {
    id: 'restartSession',
    tag: 'Sessions',
    summary: 'A new socket under the same credentials',
    path: ofSession,
    answers: { 200: { description: 'It connects anew.', schema: sessionAnswer } },
    errors: [...OF_NO_BODY, ...COMMANDS],
  },
  'POST /sessions/{id}/logout': {
    id: 'logoutSession',
    tag: 'Sessions',
    summary: 'Unlink the device',
    path: ofSession,
    answers: {
      200: { description: 'It is logged out.', schema: sessionAnswer },
      202: { description: OWED, schema: sessionAnswer },
    },
    errors: [...OF_NO_BODY, ...COMMANDS],
  },
  'DELETE /sessions/{id}': {
    ...erase,
    id: 'deleteSession',
    path: ofSession,
    errors: [...OF_NO_BODY, ...COMMANDS],
  },
  'DELETE /session/{id}': {
    ...erase,
    id: 'deleteSessionAlias',
    isAlias: true,
    path: ofSession,
    errors: [...OF_NO_BODY, ...COMMANDS],
  },
  'POST /delete-session': {
    ...erase,
    id: 'deleteSessionByBody',
    isAlias: true,
    body: deleteSessionRequest,
    errors: [...OF_BODIES, ...COMMANDS],
  },
}
