import type { z } from 'zod'
import { LATEST_DATE } from '../base/dates.ts'
import type { StoredEvent } from '../ports/event-log.ts'
import { isoDate } from './iso-date.ts'
import type { eventView } from './schemas/answers.ts'

/** A fact as callers get it. */
export const toView = ({ seq, at, type, data }: StoredEvent): z.infer<typeof eventView> => ({
  seq,
  at: isoDate(at),
  type,
  data: toJson(data),
})

/** Facts and contexts as the contract spells JSON: keys in snake_case, times (`at`, `…At`, `until`) as ISO dates. */
export function toJson(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      typeof value === 'number' && /^(?:at|until)$|(?:At|Until)$/.test(name)
        ? timeToJson(value)
        : valueToJson(value),
    ]),
  )
}

function valueToJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueToJson)
  return typeof value === 'object' && value !== null ? toJson(value as Record<string, unknown>) : value
}

function timeToJson(value: number): string | number {
  return value > 0 && value <= LATEST_DATE ? isoDate(value) : value
}
