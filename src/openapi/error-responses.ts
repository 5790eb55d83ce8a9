import type { ZodOpenApiResponseObject } from 'zod-openapi'
import { statusOf } from '../base/errors.ts'
import { type ErrorAnswer, errorAnswer, healthAnswer } from '../http/schemas/answers.ts'
import { type CallerCode, MEANING } from './error-codes.ts'

/** What every route may answer. */
const ALWAYS: CallerCode[] = [
  'BAD_REQUEST',
  'ORIGIN_FORBIDDEN',
  'INTERNAL',
  'SHUTTING_DOWN',
  'STORE_FAILED',
  'SEQ_CONFLICT',
  'EPOCH_CONFLICT',
]
/** And every route that a key opens. */
const OF_KEYS: CallerCode[] = ['UNAUTHENTICATED', 'READ_ONLY']

/** A refusal for not being ready, or for another reason. */
const notReadyAnswer = errorAnswer.extend(healthAnswer.omit({ success: true }).partial().shape)

export type ErrorResponses = Record<`${number}`, ZodOpenApiResponseObject>

/** Makes the error answers of operations; those with the same codes are one component of the document. */
export function createErrorResponses(): (codes: CallerCode[], isOpen: boolean) => ErrorResponses {
  const made = new Map<string, ZodOpenApiResponseObject>()
  const responseOf = (codes: CallerCode[]) => {
    const id = codes.toSorted().join('.')
    if (!made.has(id)) made.set(id, describe(id, codes))
    return made.get(id)!
  }
  return (codes, isOpen) => {
    const all = new Set([...codes, ...ALWAYS, ...(isOpen ? [] : OF_KEYS)])
    const byStatus = Object.groupBy(all, code => statusOf(code))
    return Object.fromEntries(
      Object.entries(byStatus).map(([status, some]) => [status, responseOf(some)] as const),
    )
  }
}

function describe(id: string, codes: CallerCode[]): ZodOpenApiResponseObject {
  return {
    id,
    description: codes.map(code => `\`${code}\`: ${MEANING[code]}`).join('\n\n'),
    // For whoever wants them without reading.
    'x-error-codes': codes,
    content: {
      'application/json': {
        schema: codes.includes('NOT_READY') ? notReadyAnswer : errorAnswer,
        examples: Object.fromEntries(codes.map(code => [code, { value: exampleOf(code) }])),
      },
    },
  }
}

function exampleOf(error: CallerCode): ErrorAnswer {
  const answer: ErrorAnswer = { success: false, error, message: MEANING[error] }
  if (error !== 'VALIDATION_FAILED') return answer
  return { ...answer, message: 'user_id is required', errors: { user_id: ['is required'] } }
}
