import { GatewayError } from '../base/errors.ts'
import { formatSize } from './format-size.ts'

/** MEDIA_TOO_LARGE with the limit in its sentence: `what` begins it, `limit` names it. */
export function tooLarge(what: string, maxBytes: number, limit?: string): GatewayError {
  const name = limit === undefined ? '' : `, ${limit}`
  return new GatewayError('MEDIA_TOO_LARGE', `${what} is larger than ${formatSize(maxBytes)}${name}`)
}

/** MEDIA_TYPE_UNSUPPORTED: the sentence says what would be right. */
export function unsupported(message: string, cause?: unknown): GatewayError {
  return new GatewayError('MEDIA_TYPE_UNSUPPORTED', message, { cause })
}
