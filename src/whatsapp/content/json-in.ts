/** Deeper than any answer of a form; what is stored and delivered as JSON must be able to be written as JSON again. */
const MAX_DEPTH = 32

/** The object in a text that a stranger wrote as JSON; empty if there is none. */
export function jsonIn(text: string | null | undefined): Record<string, unknown> {
  if (!text) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && isShallow(value, MAX_DEPTH) ? value : {}
  } catch {
    return {}
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isShallow = (value: unknown, depth: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (depth > 0 && Object.values(value).every(one => isShallow(one, depth - 1)))
