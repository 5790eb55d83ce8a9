import { z } from 'zod'
import { eventsAnswer, momentAnswer } from '../../http/schemas/answers.ts'
import { eventsQuery, inspectQuery, momentPath, streamQuery } from '../../http/schemas/requests.ts'
import type { Operations } from '../operation.ts'
import { ofSession } from './sessions.ts'

const EVENT_STREAM = {
  'text/event-stream': {
    description: 'Server-sent events.',
    example:
      'id: 17\ndata: {"session_id":"shop","seq":1,"at":"2026-11-29T10:00:00.000Z","type":"session.created","data":{}}\n\n',
  },
}
const lastEventId = z.object({
  'Last-Event-ID': streamQuery.shape.after.describe('Where the stream was cut: it goes on behind that.'),
})

export const LOG: Operations = {
  'GET /sessions/{id}/events': {
    id: 'listEvents',
    tag: 'Log',
    summary: 'The log of a session',
    description: 'With `Accept: text/event-stream` it goes on as things happen.',
    path: ofSession,
    query: eventsQuery,
    header: lastEventId,
    answers: {
      200: { description: '`next` goes into `after`.', schema: eventsAnswer, types: EVENT_STREAM },
    },
    errors: ['SESSION_NOT_FOUND', 'VALIDATION_FAILED', 'TOO_MANY_REQUESTS'],
  },
  'GET /sessions/{id}/at/{seq}': {
    id: 'showMoment',
    tag: 'Log',
    summary: 'A session as it was',
    path: ofSession.extend(momentPath.shape),
    answers: { 200: { description: 'After that fact, and what was possible then.', schema: momentAnswer } },
    errors: ['SESSION_NOT_FOUND', 'EVENT_NOT_FOUND', 'SESSION_UNREADABLE', 'VALIDATION_FAILED'],
  },
  'GET /events': {
    id: 'followEvents',
    tag: 'Log',
    summary: 'What happens to all sessions',
    description: 'From now on, or from `Last-Event-ID`: nothing is missing and nothing comes twice.',
    query: streamQuery,
    header: lastEventId,
    answers: { 200: { description: 'A stream that does not end.', types: EVENT_STREAM } },
    errors: ['VALIDATION_FAILED', 'TOO_MANY_REQUESTS'],
  },
  'GET /inspect': {
    id: 'inspect',
    tag: 'Log',
    summary: 'The machines at work',
    description:
      'As the inspector of Stately reads it, by server-sent events or over a WebSocket: those sessions, or without `session_id` the supervisor and up to 50 of the node that is asked. Those that are named live at one node, else 422.',
    query: inspectQuery,
    answers: {
      101: { description: 'A WebSocket with one JSON text a message.' },
      200: {
        description: 'A stream that does not end.',
        types: { 'text/event-stream': { description: 'Server-sent events.' } },
      },
    },
    errors: ['SESSION_NOT_FOUND', 'VALIDATION_FAILED', 'TOO_MANY_REQUESTS'],
  },
}
