import { z } from 'zod'
import { doneAnswer, healthAnswer, statsAnswer } from '../../http/schemas/answers.ts'
import { statsQuery } from '../../http/schemas/requests.ts'
import type { Answer, Operation, Operations } from '../operation.ts'

const READY: Answer = { description: 'It can do its work.', schema: healthAnswer }

const ready = {
  tag: 'Service',
  summary: 'Can it do its work?',
  description: '`problems` are why it cannot; `warnings` are to be looked at while the rest works.',
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
  'GET /stats': {
    id: 'stats',
    tag: 'Service',
    summary: 'Sessions and QRs in figures',
    query: statsQuery,
    answers: { 200: { description: '`by_state` with `?by_state=1`.', schema: statsAnswer } },
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
