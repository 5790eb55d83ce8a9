import { z } from 'zod'
import {
  deliveriesAnswer,
  deliveryAnswer,
  doneAnswer,
  replayAnswer,
  retryAnswer,
} from '../../http/schemas/answers.ts'
import {
  deadQuery,
  deliveriesQuery,
  deliveryPath,
  replayRequest,
  retryRequest,
} from '../../http/schemas/requests.ts'
import { OF_BODIES, OF_NO_BODY, type Operations } from '../operation.ts'
import { ofSession } from './sessions.ts'

export const DELIVERIES: Operations = {
  'GET /deliveries': {
    id: 'listDeliveries',
    tag: 'Deliveries',
    summary: 'What Laravel has not taken',
    query: deliveriesQuery,
    answers: {
      200: {
        description: 'Newest first, with the last error and the next try; `next` goes into `before`.',
        schema: deliveriesAnswer,
      },
    },
    errors: ['VALIDATION_FAILED'],
  },
  'GET /deliveries/dead': {
    id: 'listDeadLetters',
    tag: 'Deliveries',
    summary: 'What Laravel did not take within 72 h',
    query: deadQuery,
    answers: { 200: { description: 'As GET /deliveries with `state=dead`.', schema: deliveriesAnswer } },
    errors: ['VALIDATION_FAILED'],
  },
  'GET /deliveries/{id}': {
    id: 'showDelivery',
    tag: 'Deliveries',
    summary: 'One delivery, with what Laravel is given',
    path: deliveryPath,
    answers: { 200: { description: 'The links of its files are left out.', schema: deliveryAnswer } },
    errors: ['DELIVERY_NOT_FOUND'],
  },
  'POST /deliveries/retry': {
    id: 'retryDeliveries',
    tag: 'Deliveries',
    summary: 'Try now what waits for its next try',
    description: 'Of all sessions, or of one.',
    body: retryRequest,
    answers: { 202: { description: 'In how many lanes something waited.', schema: retryAnswer } },
    errors: [...OF_BODIES, 'SESSION_NOT_FOUND'],
  },
  'POST /deliveries/{id}/redrive': {
    id: 'redriveDelivery',
    tag: 'Deliveries',
    summary: 'Let a dead letter stand in line again',
    description: 'With 72 h before it; one that waits is tried now.',
    path: deliveryPath,
    answers: { 202: { description: 'It waits.', schema: doneAnswer } },
    errors: [...OF_NO_BODY, 'DELIVERY_NOT_FOUND'],
  },
  'POST /sessions/{id}/replay': {
    id: 'replayMessages',
    tag: 'Deliveries',
    summary: 'Deliver again what was received between two seqs',
    description: 'Under the webhook ids of the first time.',
    path: ofSession,
    body: replayRequest,
    answers: { 202: { description: 'How many stand in line again.', schema: replayAnswer } },
    errors: [...OF_BODIES, 'SESSION_NOT_FOUND', 'SESSION_UNREADABLE', 'MESSAGES_REMOVED'],
  },
  'GET /media/{id}': {
    id: 'downloadMedia',
    tag: 'Deliveries',
    summary: 'The file of a message',
    description:
      'Whole or in a range, always as a download. The link in `media.url` needs no key for 24 h; `signature` and `expires` are its own.',
    path: z.object({ id: z.string().describe('Hex SHA-256 of the file.') }),
    query: z.object({ signature: z.string().optional(), expires: z.string().optional() }),
    header: z.object({ Range: z.string().optional(), 'If-None-Match': z.string().optional() }),
    answers: {
      200: { description: 'The file.', types: { '*/*': {} } },
      206: { description: 'The part that `Range` asks for.', types: { '*/*': {} } },
      304: { description: 'The caller has it.' },
      416: { description: 'The file is shorter than where `Range` begins.' },
    },
    errors: ['NOT_FOUND'],
  },
}
