import { z } from 'zod'
import { doneAnswer, healthAnswer, laravelCheckAnswer, statsAnswer } from '../../http/schemas/answers.ts'
import { statsQuery } from '../../http/schemas/requests.ts'
import type { Answer, Operation, Operations } from '../operation.ts'

const READY: Answer = { description: 'It can do its work.', schema: healthAnswer }

const ready = {
  tag: 'Service',
  summary: 'Can it do its work?',
  description:
    '`problems` are why it cannot; `warnings` are to be looked at while the rest works. `laravel` is another thing: without Laravel sending goes on, and what was received waits.',
  answers: { 200: READY },
  errors: ['NOT_READY'],
} satisfies Partial<Operation>

export const SERVICE: Operations = {
  'GET /health': { ...ready, id: 'health' },
  'GET /health/ready': { ...ready, id: 'healthReady', isOpen: true },
  'GET /health/live': {
    id: 'healthLive',
    tag: 'Service',
    summary: 'Does the process answer?',
    isOpen: true,
    answers: { 200: { description: 'It does.', schema: doneAnswer } },
  },
  'GET /laravel/check': {
    id: 'laravelCheck',
    tag: 'Service',
    summary: 'Would Laravel take what it is told?',
    description:
      'Asks Laravel now, a line for each route with what mends it. Nothing is delivered: the question is about a session that was made up, the routes are asked for by OPTIONS.',
    answers: {
      200: {
        description: '`ok`: nothing failed.',
        schema: laravelCheckAnswer,
        example: {
          success: true,
          ok: false,
          address: 'http://app.test/api',
          checks: [
            {
              subject: 'POST /messages',
              result: 'failed',
              status: 404,
              message: 'there is no such route',
              mend: "add Route::post('/messages', …) beside the others in routes/api.php",
            },
          ],
        },
      },
    },
  },
  'GET /stats': {
    id: 'stats',
    tag: 'Service',
    summary: 'Sessions and QRs in figures',
    query: statsQuery,
    answers: { 200: { description: '`by_state` and `deliveries` with `?by_state=1`.', schema: statsAnswer } },
    errors: ['VALIDATION_FAILED'],
  },
  'GET /metrics': {
    id: 'metrics',
    tag: 'Service',
    summary: 'For Prometheus, and as OpenMetrics',
    answers: {
      200: {
        description: 'By `Accept`.',
        types: { 'text/plain': {}, 'application/openmetrics-text': {} },
      },
    },
  },
  'GET /openapi.json': {
    id: 'openapi',
    tag: 'Service',
    summary: 'This document',
    isOpen: true,
    answers: {
      200: {
        description: 'OpenAPI 3.1.',
        schema: z.looseObject({ openapi: z.string() }),
        example: { openapi: '3.1.0' },
      },
    },
  },
  'GET /docs': {
    id: 'docs',
    tag: 'Service',
    summary: 'This document as a page',
    isOpen: true,
    answers: { 200: { description: 'It asks for nothing else.', types: { 'text/html': {} } } },
  },
}
