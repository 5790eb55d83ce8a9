import { z } from 'zod'
import { METADATA_MAX_BYTES, type Metadata } from '../../messages/metadata.ts'

/** What callers give to be told again. */

/** PHP's `json_decode` refuses a whole body for half of a surrogate pair. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, one]) => name.isWellFormed() && isWellFormed(one))
}

/** An object that comes back with what it belongs to. An empty list is what PHP makes of an empty array. */
export const metadata = z
  .union([z.record(z.string(), z.unknown()), z.array(z.never())], 'must be an object, such as {"tenant": 7}')
  .transform((given): Metadata => (Array.isArray(given) ? {} : given))
  .refine(given => Buffer.byteLength(JSON.stringify(given)) <= METADATA_MAX_BYTES, {
    error: `must be at most ${METADATA_MAX_BYTES} bytes as JSON: keep the rest, and give its id`,
    abort: true,
  })
  .refine(isWellFormed, 'must be valid Unicode')

const ONE_LINE = /^[^\p{Cc}\p{Cs}]{1,255}$/u

/** The caller's own name of a send. */
export const clientRef = z
  .union([z.string(), z.int()], 'must be a text of 1 to 255 characters')
  .meta({ override: { anyOf: [{ type: 'string', pattern: ONE_LINE.source }, { type: 'integer' }] } })
  .transform(String)
  .pipe(z.string().regex(ONE_LINE, 'must be a text of 1 to 255 characters'))
