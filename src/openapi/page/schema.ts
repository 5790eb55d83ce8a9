import { html } from 'hono/html'
import { type Markup, type Node, prose } from './markup.ts'

/** Deeper than that nobody reads a table. */
const DEEPEST = 4

interface Row {
  name: string
  type: string
  isNeeded: boolean
  description: string
}

/** The fields of a schema as a table; nothing for what has none. `schemas`: the components that it may refer to. */
export function fieldsTable(schema: Node, schemas: Node): Markup | '' {
  const rows = rowsOf(schema, schemas, '', 0)
  if (rows.length === 0) return ''
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Fields"><table>
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">What it is</th></tr></thead>
<tbody>${rows.map(
    ({ name, type, isNeeded, description }) =>
      html`<tr><td><code>${name}</code>${isNeeded ? '' : ' ?'}</td><td><code>${type}</code></td><td>${prose(description)}</td></tr>
`,
  )}</tbody>
</table></div>`
}

/** The JSON of a schema in a word or two. */
export function typeOf(given: Node, schemas: Node): string {
  const schema = resolved(given, schemas)
  const options = (schema.anyOf ?? schema.oneOf) as Node[] | undefined
  if (options !== undefined && schema.type === undefined)
    return [...new Set(options.map(option => typeOf(option, schemas)))].join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (Array.isArray(schema.enum)) return schema.enum.map(value => JSON.stringify(value)).join(' | ')
  if (Array.isArray(schema.type)) return schema.type.join(' | ')
  if (schema.type === 'array') {
    const item = typeOf((schema.items ?? {}) as Node, schemas)
    return item.includes(' | ') ? `(${item})[]` : `${item}[]`
  }
  if (schema.format === 'date-time') return 'date'
  return String(schema.type ?? 'any')
}

function rowsOf(given: Node, schemas: Node, prefix: string, depth: number): Row[] {
  if (depth > DEEPEST) return []
  const schema = resolved(given, schemas)
  const options = (schema.anyOf ?? schema.oneOf ?? schema.allOf) as Node[] | undefined
  if (options !== undefined && schema.properties === undefined)
    return unique(options.flatMap(option => rowsOf(option, schemas, prefix, depth)))
  if (schema.type === 'array') return rowsOf((schema.items ?? {}) as Node, schemas, `${prefix}[]`, depth)
  const needed = new Set(schema.required as string[] | undefined)
  return Object.entries((schema.properties ?? {}) as Record<string, Node>).flatMap(([key, child]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`
    const description = String(child.description ?? resolved(child, schemas).description ?? '')
    const row = { name, type: typeOf(child, schemas), isNeeded: needed.has(key), description }
    return [row, ...rowsOf(child, schemas, name, depth + 1)]
  })
}

/** What several forms have in common is said once. */
const unique = (rows: Row[]): Row[] => [...new Map(rows.map(row => [row.name, row])).values()]

function resolved(schema: Node, schemas: Node): Node {
  const name = /^#\/components\/schemas\/(.+)$/.exec(String(schema.$ref ?? ''))?.[1]
  return name === undefined ? schema : ((schemas[name] ?? {}) as Node)
}
