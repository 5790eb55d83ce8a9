import type { Failure } from '../failures.ts'
import type { Request } from '../writer/worker-messages.ts'

/** Names and reasons that others wrote: a character that PostgreSQL cannot store is left out of them, and refused in a key. */
const FREE = new Set(['name', 'username', 'error'])

/** Why PostgreSQL could not store something in a request; null if it can. What was found in free text is mended. */
export function whyUnstorable(request: Request): Failure | null {
  const what = flawIn(request)
  if (what === null) return null
  return { code: 'INTERNAL', message: `The store cannot take this write: ${what}`, retryable: false }
}

function flawIn(value: unknown): string | null {
  if (value === null || value === undefined || typeof value === 'boolean') return null
  if (typeof value === 'number') return Number.isSafeInteger(value) ? null : 'a number is no integer'
  if (typeof value === 'string') return value.includes('\0') ? 'a text has a NUL character' : null
  if (typeof value !== 'object') return `a ${typeof value} is no data`
  if (value instanceof Uint8Array) return null
  const fields = value as Record<string, unknown>
  for (const key in fields) {
    const field = fields[key]
    if (typeof field === 'string' && field.includes('\0') && FREE.has(key))
      fields[key] = field.replaceAll('\0', '')
    else {
      const flaw = flawIn(field)
      if (flaw !== null) return flaw
    }
  }
  return null
}
