import { GatewayError } from '../../base/errors.ts'

/** Which fields may be seen: all of a value, none, or of an object those that are named. */
export type Shown = boolean | { readonly [field: string]: Shown }

/** Stands for a field that may not be seen. */
export const WITHHELD = '[withheld]'

const LONGEST_TEXT = 200
const MOST_ENTRIES = 40
const DEEPEST = 5

/** What may be seen of a value, as small plain JSON. */
export function pick(shown: Shown, value: unknown): unknown {
  if (shown === false) return WITHHELD
  if (shown === true || !isRecord(value)) return plain(value)
  return fieldsOf(value, (name, inner) => pick(Object.hasOwn(shown, name) && shown[name]!, inner))
}

/** A value as small JSON: long texts and lists are cut, and of what is no data only the kind is told. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value === 'string')
    return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT).toWellFormed()}…` : value
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'function') return '[function]'
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return plainError(value)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth === DEEPEST) return '[…]'
  if (Array.isArray(value)) {
    const entries = value.slice(0, MOST_ENTRIES).map(inner => plain(inner, depth + 1))
    return value.length > MOST_ENTRIES ? [...entries, `… ${value.length - MOST_ENTRIES} more`] : entries
  }
  if (!isRecord(value)) return `[${value.constructor?.name ?? 'object'}]`
  return fieldsOf(value, (_, inner) => plain(inner, depth + 1))
}

/** The message of a foreign error may hold what it complains about; those of our own are sentences without data. */
const plainError = (error: Error) =>
  error instanceof GatewayError
    ? { name: error.name, code: error.code, message: plain(error.message) }
    : { name: error.name, message: WITHHELD }

function fieldsOf(
  record: Record<string, unknown>,
  show: (name: string, value: unknown) => unknown,
): Record<string, unknown> {
  const names = Object.keys(record)
  const fields = names.slice(0, MOST_ENTRIES).map(name => [name, show(name, record[name])] as const)
  if (names.length > MOST_ENTRIES) fields.push(['…', `${names.length - MOST_ENTRIES} more`])
  return Object.fromEntries(fields)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
