import { HTTPException } from 'hono/http-exception'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { HttpContext } from './context.ts'
import { loggedPath } from './logged-path.ts'
import type { ErrorAnswer } from './schemas/answers.ts'

/** The contract's shape of an error, as text for the few answers that no handler gives. */
export function errorAnswer(error: GatewayError): ErrorAnswer {
  const answer: ErrorAnswer = { success: false, error: error.code, message: error.message }
  if (error.errors !== undefined) answer.errors = error.errors
  return answer
}

/** The one place where an error becomes an answer; what nobody expected is logged once, without the request's body. */
export function createErrorHandler(logger: Logger) {
  return (thrown: Error, c: HttpContext): Response => {
    const error = toGatewayError(thrown)
    if (error.status >= 500 && error.code !== 'SHUTTING_DOWN') {
      const fields = { method: c.req.method, path: loggedPath(c), err: thrown }
      if (error.code === 'INTERNAL') logger.error(fields, 'request failed')
      else logger.warn(fields, 'request refused')
    }
    if (error.code === 'UNAUTHENTICATED') c.header('WWW-Authenticate', 'Bearer')
    if (error.retryAfterSeconds !== undefined) c.header('Retry-After', String(error.retryAfterSeconds))
    return c.json(errorAnswer(error), error.status)
  }
}

function toGatewayError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  if (error instanceof HTTPException && error.status < 500)
    return new GatewayError('BAD_REQUEST', 'The request cannot be understood.', { cause: error })
  return new GatewayError(
    'INTERNAL',
    'Something unexpected went wrong; the log has it under this request id.',
    {
      cause: error,
    },
  )
}
