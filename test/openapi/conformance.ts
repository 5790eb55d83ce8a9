import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { createOpenApi } from '../../src/openapi/document.ts'

type Node = Record<string, unknown>

/** An answer of the manager, as a caller saw it. */
export interface SeenAnswer {
  method: string
  /** Without its query. */
  path: string
  status: number
  contentType: string | null
  /** JSON; undefined for what is none. */
  body?: unknown
}

/** The document closed: what the schemas do not name may not be there. */
const document = closed(createOpenApi('0.0.0', { answers: [], deliveries: [] })) as {
  paths: Record<string, Record<string, Node>>
  webhooks: Record<string, Record<string, Node>>
}

const ajv = new Ajv2020({ strict: false, validateSchema: false })
ajv.addFormat('date-time', text => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text))
ajv.addSchema(document, 'openapi')

/** Longer ones first: `/deliveries/dead` is no `/deliveries/{id}`. */
const TEMPLATES = Object.keys(document.paths)
  .toSorted((a, b) => a.split('{').length - b.split('{').length)
  .map(template => ({ template, fits: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`) }))

/** Pages for operators, and what belongs to them: nothing there is for programs. */
const PAGES = /^\/(?:$|login$|dashboard(?:$|\/))/

/** What anything may be answered that is no route, or asks one in a wrong way. */
const OF_NO_ROUTE = [400, 401, 403, 404, 405, 503]

/** What of an answer the document does not have; null if it is as the document says. */
export function answerFault(seen: SeenAnswer): string | null {
  const { method, path, status, contentType, body } = seen
  if (PAGES.test(path)) return null
  const template = TEMPLATES.find(({ fits }) => fits.test(path))?.template
  const operation: Node | undefined =
    template === undefined
      ? undefined
      : document.paths[template]?.[method === 'HEAD' ? 'get' : method.toLowerCase()]
  // A browser asks in advance what it may.
  if (!operation && method === 'OPTIONS' && status === 204) return null
  if (template === undefined || operation === undefined) {
    if (!OF_NO_ROUTE.includes(status)) return `the document has no ${method} ${path}, answered with ${status}`
    return method === 'HEAD' ? null : mismatch('#/components/schemas/Error', body)
  }
  const at = `/paths/${escaped(template)}/${method === 'HEAD' ? 'get' : method.toLowerCase()}/responses/${status}`
  const [pointer, response] = resolve(at)
  if (response === undefined) return `${status} is no answer of ${method} ${template}`
  if (method === 'HEAD' || body === null) return null
  const types = (response.content ?? {}) as Node
  const type = contentType?.split(';')[0]?.trim() ?? ''
  const known = [type, '*/*'].find(name => name in types)
  if (known === undefined) return Object.keys(types).length > 0 ? `${type} is no type of ${at}` : null
  if (type !== 'application/json') return null
  const codes = response['x-error-codes'] as string[] | undefined
  const code = (body as { error?: string } | undefined)?.error
  if (codes !== undefined && !codes.includes(code ?? '')) return `${code} is no code of ${method} ${template}`
  return mismatch(`#${pointer}/content/${escaped(known)}/schema`, body)
}

/** What of a body that was posted to Laravel's route `path` the document does not have; null if it is as it says. */
export function deliveryFault(path: string, body: unknown): string | null {
  const name = Object.keys(document.webhooks).find(key => (document.webhooks[key] as Node)['x-path'] === path)
  if (name === undefined) return `the document has no webhook for POST ${path}`
  return mismatch(`#/webhooks/${name}/post/requestBody/content/application~1json/schema`, body)
}

function mismatch(pointer: string, value: unknown): string | null {
  const validate = ajv.getSchema(`openapi${pointer}`) as ValidateFunction | undefined
  if (validate === undefined) return `the document has no ${pointer}`
  if (validate(value)) return null
  return `${decodeURIComponent(pointer)}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)?.slice(0, 500)}`
}

/** What stands at a pointer, and where it stands if that only refers to it. */
function resolve(pointer: string): [string, Node | undefined] {
  const node = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (at, part) => (at as Node | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    ) as Node | undefined
  const ref = node?.$ref
  return typeof ref === 'string' ? resolve(ref.slice(1)) : [pointer, node]
}

const escaped = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1')

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const node = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, closed(child)]))
  const isObject = node.type === 'object' && typeof node.properties === 'object'
  return isObject && node.additionalProperties === undefined ? { ...node, additionalProperties: false } : node
}
