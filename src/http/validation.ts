import type { z } from 'zod'
import { GatewayError } from '../base/errors.ts'
import { type HttpContext, isAbout } from './context.ts'
import { sessionId } from './schemas/fields.ts'

/** What zod says by default names classes; this names what a caller should do. */
const sentence: z.core.$ZodErrorMap = issue => {
  if (issue.input === undefined) return 'is required'
  if (issue.code === 'invalid_type')
    return `must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`
  return undefined
}

/** Gives the parsed value; throws VALIDATION_FAILED with the messages by field, `body` for the whole. */
export function validate<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value, { error: sentence })
  if (result.success) return result.data
  const errors: Record<string, string[]> = {}
  for (const { path, message } of result.error.issues) {
    const field = path.length === 0 ? 'body' : String(path[0])
    errors[field] = [...(errors[field] ?? []), message]
  }
  throw invalid(errors)
}

/** Validates the query; a parameter without a value is not there. */
export function validateQuery<T extends z.ZodType>(c: HttpContext, schema: T): z.output<T> {
  return validate(
    schema,
    Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== '')),
  )
}

/** The session that the path names; throws SESSION_NOT_FOUND for what no session can be called. */
export function pathSession(c: HttpContext): string {
  const result = sessionId.safeParse(c.req.param('id'))
  if (result.success) return isAbout(c, result.data)
  throw new GatewayError('SESSION_NOT_FOUND', 'No session has that id.')
}

/** VALIDATION_FAILED with its messages by field. */
export function invalid(errors: Record<string, string[]>): GatewayError {
  const fields = Object.keys(errors)
  const first = fields[0]!
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more: ${fields.slice(1).join(', ')})` : ''
  return new GatewayError('VALIDATION_FAILED', `${first} ${errors[first]![0]}${more}`, { errors })
}
