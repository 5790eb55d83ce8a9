/** A field of a session's context that a fact changed; undefined: it was not there. */
export interface Change {
  /** Dotted: `qr.published.hash`. */
  path: string
  before: unknown
  after: unknown
}

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What differs between two contexts, field by field, in the order of the later one; objects are looked into as far as both have them. */
export function contextChanges(before: Fields, after: Fields, within = ''): Change[] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])]
  return names.flatMap(name => {
    const [one, other] = [before[name], after[name]]
    const path = within === '' ? name : `${within}.${name}`
    if (isFields(one) && isFields(other)) return contextChanges(one, other, path)
    return JSON.stringify(one) === JSON.stringify(other) ? [] : [{ path, before: one, after: other }]
  })
}
