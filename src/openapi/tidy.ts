type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Examples are data, whatever their keys are called. */
const DATA = new Set(['example', 'examples', 'default', 'const', 'enum'])

/**
 * Takes out of schemas what no reader needs: the pattern beside a format or a number, and that objects have no other keys, for they may
 * have more one day.
 */
export function tidy(value: unknown): void {
  if (!isNode(value)) return
  if (value.additionalProperties === false) delete value.additionalProperties
  if (value.type === 'integer' || value.format === 'date-time') delete value.pattern
  for (const [name, child] of Object.entries(value)) if (!DATA.has(name)) tidy(child)
}
